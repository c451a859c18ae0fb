# `cmake --install`: the headers, the CMake package and the pkg-config files. Nothing installed knows where it was built.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_folder ${CMAKE_INSTALL_DATADIR}/cmake/aha)
set_target_properties(aha_math PROPERTIES EXPORT_NAME math)
set_target_properties(aha_text PROPERTIES EXPORT_NAME text)
set_target_properties(aha_precompiled PROPERTIES EXPORT_NAME precompiled)
install(DIRECTORY include/aha DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING
        PATTERN "*.hpp" PATTERN "*.ipp" PATTERN "*.cpp" PATTERN "*.cuh" PATTERN "*.cu")
install(TARGETS aha_math aha_text EXPORT aha-text-targets)
install(TARGETS aha aha_precompiled EXPORT aha-targets)
install(EXPORT aha-text-targets NAMESPACE aha:: DESTINATION ${package_folder})
install(EXPORT aha-targets NAMESPACE aha:: DESTINATION ${package_folder})

configure_package_config_file(cmake/aha-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/package/aha-config.cmake
    INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/package/aha-config-version.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/package/aha-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/package/aha-config-version.cmake cmake/aha-dependencies.cmake
        DESTINATION ${package_folder})

foreach(module aha aha-text)
    configure_file(cmake/${module}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/package/${module}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/package/${module}.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
