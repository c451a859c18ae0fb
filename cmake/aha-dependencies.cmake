# What aha stands on, found the same way by its own build and by the installed package. Each macro leaves a sentence in
# aha_missing if something is not there.

macro(aha_find_text_dependencies)
    set(aha_missing "")
    foreach(aha_package IN ITEMS Threads Eigen3 range-v3 nlohmann_json PkgConfig)
        find_package(${aha_package} QUIET)
        if(NOT ${aha_package}_FOUND)
            string(APPEND aha_missing " ${aha_package}")
        endif()
    endforeach()
    if(PkgConfig_FOUND)
        pkg_check_modules(AHA_PCRE2 QUIET IMPORTED_TARGET ${aha_global} libpcre2-8)
        if(NOT TARGET PkgConfig::AHA_PCRE2)
            string(APPEND aha_missing " libpcre2-8")
        endif()
    endif()
    if(aha_missing)
        set(aha_missing "aha did not find${aha_missing}; Debian's packages are libeigen3-dev, librange-v3-dev, \
nlohmann-json3-dev, pkg-config and libpcre2-dev")
    endif()
    unset(aha_package)
endmacro()

# LibTorch by CMAKE_PREFIX_PATH or Torch_DIR (an unpacked LibTorch, or a wheel's), else the wheel of the Python that is
# active.
macro(aha_find_torch)
    set(aha_missing "")
    find_package(Torch QUIET)
    if(NOT Torch_FOUND)
        find_program(AHA_PYTHON NAMES python3 python)
        mark_as_advanced(AHA_PYTHON)
        if(AHA_PYTHON)
            execute_process(COMMAND ${AHA_PYTHON} -c "import torch; print(torch.utils.cmake_prefix_path)"
                            OUTPUT_VARIABLE aha_wheel OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
            if(aha_wheel)
                find_package(Torch QUIET HINTS ${aha_wheel})
            endif()
            unset(aha_wheel)
        endif()
    endif()
    if(NOT Torch_FOUND)
        set(aha_missing "aha did not find LibTorch: install it (python3 -m pip install torch, or unpack a LibTorch \
archive) and configure with -DCMAKE_PREFIX_PATH=$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)'), \
or with -DCMAKE_PREFIX_PATH=FOLDER for the folder libtorch that you unpacked")
    else()
        find_package(OpenMP QUIET COMPONENTS CXX)
        if(NOT OpenMP_CXX_FOUND)
            set(aha_missing "aha did not find OpenMP for the C++ compiler ${CMAKE_CXX_COMPILER}; g++ brings it, \
clang needs Debian's package libomp-dev of its version")
        endif()
    endif()
endmacro()

# aha/reward/language/cld2.hpp needs one library more.
macro(aha_find_cld2)
    set(aha_missing "")
    find_path(AHA_CLD2_INCLUDE cld2/public/compact_lang_det.h)
    find_library(AHA_CLD2_LIBRARY cld2)
    mark_as_advanced(AHA_CLD2_INCLUDE AHA_CLD2_LIBRARY)
    if(NOT AHA_CLD2_INCLUDE OR NOT AHA_CLD2_LIBRARY)
        set(aha_missing "aha did not find CLD2; Debian's package is libcld2-dev")
    endif()
endmacro()
