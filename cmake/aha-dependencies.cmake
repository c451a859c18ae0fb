# What aha stands on, found the same way by its own build and by the installed package. Each macro leaves a sentence in
# aha_missing if something is not there.

# One of C's libraries, as the target PkgConfig::AHA_<name>: by pkg-config's <module>, else by its header and its file.
macro(aha_find_library aha_name aha_module aha_header aha_file)
    if(PkgConfig_FOUND)
        pkg_check_modules(AHA_${aha_name} QUIET IMPORTED_TARGET ${aha_global} ${aha_module})
    endif()
    if(NOT TARGET PkgConfig::AHA_${aha_name})  # no pkg-config, or a folder that it does not know
        find_path(AHA_${aha_name}_INCLUDE ${aha_header})
        find_library(AHA_${aha_name}_LIBRARY ${aha_file})
        mark_as_advanced(AHA_${aha_name}_INCLUDE AHA_${aha_name}_LIBRARY)
        if(AHA_${aha_name}_INCLUDE AND AHA_${aha_name}_LIBRARY)
            add_library(PkgConfig::AHA_${aha_name} INTERFACE IMPORTED ${aha_global})
            target_include_directories(PkgConfig::AHA_${aha_name} INTERFACE ${AHA_${aha_name}_INCLUDE})
            target_link_libraries(PkgConfig::AHA_${aha_name} INTERFACE ${AHA_${aha_name}_LIBRARY})
        else()
            string(APPEND aha_missing " ${aha_module}")
        endif()
    endif()
endmacro()

macro(aha_find_text_dependencies)
    set(aha_missing "")
    foreach(aha_package IN ITEMS Threads Eigen3 range-v3 nlohmann_json)
        find_package(${aha_package} QUIET)
        if(NOT ${aha_package}_FOUND)
            string(APPEND aha_missing " ${aha_package}")
        endif()
    endforeach()
    find_path(AHA_BOOST_INCLUDE boost/multiprecision/cpp_bin_float.hpp)  # headers alone are needed
    mark_as_advanced(AHA_BOOST_INCLUDE)
    if(NOT AHA_BOOST_INCLUDE)
        string(APPEND aha_missing " Boost.Multiprecision")
    elseif(NOT TARGET aha::boost)
        add_library(aha::boost INTERFACE IMPORTED ${aha_global})
        target_include_directories(aha::boost INTERFACE ${AHA_BOOST_INCLUDE})
    endif()
    find_package(PkgConfig QUIET)
    aha_find_library(PCRE2 libpcre2-8 pcre2.h pcre2-8)
    aha_find_library(UTF8PROC libutf8proc utf8proc.h utf8proc)
    aha_find_library(ZLIB zlib zlib.h z)
    aha_find_library(ZSTD libzstd zstd.h zstd)
    if(aha_missing)
        set(aha_missing "aha did not find${aha_missing}; Debian's packages are libeigen3-dev, librange-v3-dev, \
nlohmann-json3-dev, libboost-dev, pkg-config, libpcre2-dev, libutf8proc-dev, zlib1g-dev and libzstd-dev")
    endif()
    unset(aha_package)
endmacro()

# A LibTorch with CUDA asks CMake for a whole CUDA toolkit, of which a program needs the runtime alone: its headers and
# libcudart, from a toolkit or from the nvidia packages that a wheel brings. This defines the target torch::cudart, which
# LibTorch's own files then take as it is, and sets aha_cuda_torch to the folder of such a LibTorch, else to nothing.
macro(aha_find_cuda_runtime aha_hint)
    set(aha_cuda_torch "")
    find_path(AHA_TORCH_CONFIG TorchConfig.cmake HINTS ${Torch_DIR} ${aha_hint}
              PATH_SUFFIXES Torch share/cmake/Torch lib/cmake/Torch libtorch/share/cmake/Torch)
    mark_as_advanced(AHA_TORCH_CONFIG)
    if(AHA_TORCH_CONFIG)
        get_filename_component(aha_torch_root "${AHA_TORCH_CONFIG}/../../.." ABSOLUTE)
        if(EXISTS "${aha_torch_root}/lib/libtorch_cuda.so")
            set(aha_cuda_torch "${aha_torch_root}")
        endif()
    endif()
    if(aha_cuda_torch AND NOT TARGET torch::cudart)
        file(GLOB aha_nvidia "${aha_cuda_torch}/../nvidia/cu*" "${aha_cuda_torch}/../nvidia/cuda_runtime")
        file(GLOB aha_toolkits /usr/local/cuda /usr/local/cuda-*)
        find_program(AHA_NVCC nvcc HINTS $ENV{CUDA_HOME} PATHS ${aha_toolkits} PATH_SUFFIXES bin)
        if(AHA_NVCC)  # it may be a link or a script that stands elsewhere
            execute_process(COMMAND ${AHA_NVCC} --dryrun -x cu -c /dev/null
                            ERROR_VARIABLE aha_said OUTPUT_QUIET)
            string(REGEX MATCH "TOP=([^\n]*)" aha_said "${aha_said}")
            list(PREPEND aha_toolkits "${CMAKE_MATCH_1}")
        endif()
        find_path(AHA_CUDA_INCLUDE crt/host_defines.h HINTS $ENV{CUDA_HOME} ${aha_toolkits} ${aha_nvidia}
                  PATH_SUFFIXES include)
        find_library(AHA_CUDART NAMES libcudart.so libcudart.so.13 libcudart.so.12
                     HINTS ${aha_nvidia} $ENV{CUDA_HOME} ${aha_toolkits} PATH_SUFFIXES lib lib64)
        mark_as_advanced(AHA_NVCC AHA_CUDA_INCLUDE AHA_CUDART)
        if(NOT AHA_CUDA_INCLUDE OR NOT AHA_CUDART)
            set(aha_missing "this LibTorch (${aha_cuda_torch}) is one with CUDA, and its headers need those of the CUDA \
runtime (crt/host_defines.h) and libcudart: install a CUDA toolkit, or the wheels nvidia-cuda-runtime and \
nvidia-cuda-crt beside torch, or a LibTorch without CUDA")
        else()
            add_library(torch::cudart INTERFACE IMPORTED ${aha_global})
            set(aha_includes "${AHA_CUDA_INCLUDE}")
            foreach(aha_package IN LISTS aha_nvidia)  # what the toolkit at hand lacks: cuBLAS, cuSPARSE, ...
                if(EXISTS "${aha_package}/include")
                    list(APPEND aha_includes "${aha_package}/include")
                endif()
            endforeach()
            target_include_directories(torch::cudart INTERFACE ${aha_includes})
            target_link_libraries(torch::cudart INTERFACE "${AHA_CUDART}")
            # ATen's headers want the header of NCCL where they speak of it; the library is a part of LibTorch's.
            find_path(AHA_NCCL_INCLUDE nccl.h HINTS "${aha_cuda_torch}/../nvidia/nccl" ${aha_toolkits}
                      PATH_SUFFIXES include)
            mark_as_advanced(AHA_NCCL_INCLUDE)
        endif()
        unset(aha_includes)
        unset(aha_nvidia)
        unset(aha_package)
        unset(aha_toolkits)
    endif()
    unset(aha_torch_root)
endmacro()

# The kernels for GPUs and the ranks on them: aha::cuda where there is nvcc, aha::nccl where there is NCCL's header; both
# need a LibTorch with CUDA. The kernels are compiled in the program that links with aha::cuda.
# aha_folder: where include/aha is.
macro(aha_add_cuda_targets aha_folder)
    if(aha_cuda_torch AND AHA_NVCC AND NOT TARGET aha::cuda)
        if(NOT CMAKE_CUDA_COMPILER)
            set(CMAKE_CUDA_COMPILER "${AHA_NVCC}")
        endif()
        if(NOT CMAKE_CUDA_ARCHITECTURES)
            set(CMAKE_CUDA_ARCHITECTURES 80 90)  # A100, H100; later ones translate the code of the last
        endif()
        set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
        enable_language(CUDA)
        add_library(aha_kernels STATIC EXCLUDE_FROM_ALL "${aha_folder}/aha/kernels/kernels.cu")
        set_target_properties(aha_kernels PROPERTIES CUDA_RUNTIME_LIBRARY Shared POSITION_INDEPENDENT_CODE ON)
        target_include_directories(aha_kernels SYSTEM PRIVATE "${aha_cuda_torch}/include")
        target_include_directories(aha_kernels PRIVATE "${aha_folder}")
        # The text of a kernel is constexpr, so that the host's tests can run it too.
        target_compile_options(aha_kernels PRIVATE -std=c++20 --expt-relaxed-constexpr)
        add_library(aha_cuda INTERFACE)
        add_library(aha::cuda ALIAS aha_cuda)
        target_compile_definitions(aha_cuda INTERFACE AHA_KERNELS)
        target_link_libraries(aha_cuda INTERFACE aha::aha aha_kernels)
    endif()
    if(aha_cuda_torch AND AHA_NCCL_INCLUDE AND NOT TARGET aha::nccl)
        add_library(aha_nccl INTERFACE)
        add_library(aha::nccl ALIAS aha_nccl)
        target_compile_definitions(aha_nccl INTERFACE AHA_NCCL)
        target_include_directories(aha_nccl SYSTEM INTERFACE "${AHA_NCCL_INCLUDE}")
        target_link_libraries(aha_nccl INTERFACE aha::aha)
    endif()
endmacro()

# LibTorch by CMAKE_PREFIX_PATH or Torch_DIR (an unpacked LibTorch, or a wheel's), else the wheel of the Python that is
# active.
macro(aha_find_torch)
    set(aha_missing "")
    aha_find_cuda_runtime("")
    if(NOT aha_missing)
        find_package(Torch QUIET)
    endif()
    if(NOT aha_missing AND NOT Torch_FOUND)
        find_program(AHA_PYTHON NAMES python3 python)
        mark_as_advanced(AHA_PYTHON)
        if(AHA_PYTHON)
            execute_process(COMMAND ${AHA_PYTHON} -c "import torch; print(torch.utils.cmake_prefix_path)"
                            OUTPUT_VARIABLE aha_wheel OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
            if(aha_wheel)
                aha_find_cuda_runtime("${aha_wheel}")
                if(NOT aha_missing)
                    find_package(Torch QUIET HINTS ${aha_wheel})
                endif()
            endif()
            unset(aha_wheel)
        endif()
    endif()
    if(aha_missing)
        # said above
    elseif(NOT Torch_FOUND)
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

# aha::code: programs that a model wrote, run in a sandbox; where libseccomp is found.
macro(aha_add_code_target)
    set(aha_missing "")
    aha_find_library(SECCOMP libseccomp seccomp.h seccomp)
    if(aha_missing)
        set(aha_missing "aha did not find libseccomp; Debian's package is libseccomp-dev")
    elseif(NOT TARGET aha::code)
        add_library(aha_code INTERFACE)
        add_library(aha::code ALIAS aha_code)
        target_link_libraries(aha_code INTERFACE aha::text PkgConfig::AHA_SECCOMP)
    endif()
endmacro()

# aha::judge: a judge on another machine; where cpp-httplib is found, compiled (as Debian has it) or as its header alone.
macro(aha_add_judge_target)
    set(aha_missing "")
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
        pkg_check_modules(AHA_HTTPLIB QUIET IMPORTED_TARGET ${aha_global} cpp-httplib)
    endif()
    if(NOT TARGET PkgConfig::AHA_HTTPLIB)
        find_path(AHA_HTTPLIB_INCLUDE httplib.h)
        find_library(AHA_HTTPLIB_LIBRARY cpp-httplib)
        mark_as_advanced(AHA_HTTPLIB_INCLUDE AHA_HTTPLIB_LIBRARY)
        # Where it is compiled, only its pkg-config file tells the macros that its classes depend on.
        if(AHA_HTTPLIB_INCLUDE AND NOT AHA_HTTPLIB_LIBRARY)
            add_library(PkgConfig::AHA_HTTPLIB INTERFACE IMPORTED ${aha_global})
            target_include_directories(PkgConfig::AHA_HTTPLIB INTERFACE ${AHA_HTTPLIB_INCLUDE})
        endif()
    endif()
    if(NOT TARGET PkgConfig::AHA_HTTPLIB)
        set(aha_missing "aha did not find cpp-httplib; Debian's packages are libcpp-httplib-dev and pkg-config")
    elseif(NOT TARGET aha::judge)
        add_library(aha_judge INTERFACE)
        add_library(aha::judge ALIAS aha_judge)
        target_link_libraries(aha_judge INTERFACE aha::text PkgConfig::AHA_HTTPLIB Threads::Threads)
    endif()
endmacro()

# aha::compiled: the same headers, of which most bodies without templates are compiled once, in the build that links with it
# and with its flags. aha/core/inline.hpp says how.
# aha_folder: where include/aha is.
macro(aha_add_compiled_target aha_folder)
    if(NOT TARGET aha::compiled)
        file(GLOB aha_sources "${aha_folder}/aha/compiled/*.cpp")
        add_library(aha_compiled STATIC EXCLUDE_FROM_ALL ${aha_sources})
        add_library(aha::compiled ALIAS aha_compiled)
        target_link_libraries(aha_compiled PUBLIC aha::aha)
        # Programs see ATen's operators one by one and not all at once: LibTorch's own switch.
        target_compile_definitions(aha_compiled PUBLIC AHA_COMPILED AT_PER_OPERATOR_HEADERS)
        set_target_properties(aha_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
        unset(aha_sources)
    endif()
endmacro()
