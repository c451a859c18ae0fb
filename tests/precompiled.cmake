# Precompiled headers for the tests: support/<name>.hpp, which hold what most of them include.
#
# clang can leave the code of inline functions and of templates that a precompiled header instantiates to one object:
# a test then compiles its own lines alone. g++ cannot, and the more a header of its holds, the longer each test takes, so
# that for g++ they hold other libraries only (AHA_TEST_PCH_ALL is not defined).

# aha_add_test_pch(NAME LIBRARIES...): makes the precompiled header NAME of support/NAME.hpp.
function(aha_add_test_pch name)
    add_library(${name} OBJECT support/pch.cpp)
    target_link_libraries(${name} PRIVATE ${ARGN} aha_test_base)
    target_precompile_headers(${name} PRIVATE support/${name}.hpp)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        return()
    endif()
    target_compile_definitions(${name} PRIVATE AHA_TEST_PCH_ALL)
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp" "SHELL:-Xclang -fmodules-codegen")
    set(header ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx.pch)
    set(options $<FILTER:$<TARGET_PROPERTY:${name},COMPILE_OPTIONS>,EXCLUDE,^SHELL:>)
    add_custom_command(OUTPUT ${name}.o DEPENDS ${header} COMMAND_EXPAND_LISTS VERBATIM
        COMMAND ${CMAKE_CXX_COMPILER} ${CMAKE_CXX20_EXTENSION_COMPILE_OPTION} ${options}
            -ffunction-sections -fdata-sections -c ${header} -o ${name}.o)
    set_source_files_properties(${name}.o PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    add_custom_target(${name}_code DEPENDS ${name}.o)
endfunction()

# aha_use_test_pch(PROGRAM NAME LIBRARIES...): PROGRAM links with the libraries and starts from the precompiled header NAME.
function(aha_use_test_pch program name)
    target_link_libraries(${program} PRIVATE ${ARGN} aha_test_base)
    target_precompile_headers(${program} REUSE_FROM ${name})
    if(TARGET ${name}_code)
        target_compile_definitions(${program} PRIVATE AHA_TEST_PCH_ALL)
        target_compile_options(${program} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
        add_dependencies(${program} ${name}_code)
        target_link_libraries(${program} PRIVATE $<TARGET_PROPERTY:${name},BINARY_DIR>/${name}.o)
        # LibTorch's headers define inline what uses parts of it that are not exported. No test calls these functions, and
        # the linker leaves them out; but not GlooStore, of which LibTorch has a copy. LibTorch is to go on with its own.
        target_link_options(${program} PRIVATE -Wl,--gc-sections
            -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/support/not_exported.ld
            -Wl,--defsym=_ZTIN4gloo10rendezvous5StoreE=0 -Wl,--defsym=_ZN4gloo10rendezvous5StoreD2Ev=0)
    endif()
endfunction()
