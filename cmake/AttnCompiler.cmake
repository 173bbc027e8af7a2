# Finds LLVM and MLIR and fixes how every compiler library of this project is built.
#
# The dylibs are linked, never the component archives: two copies of a dialect in one process break its registration. MLIR's own
# switch for this is not exported by the packages, so it is set here, and `LLVM` is linked by name.
find_package(MLIR REQUIRED CONFIG)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "attn needs LLVM and MLIR 22, but CMake found ${LLVM_VERSION} in ${LLVM_DIR}; set MLIR_DIR, for example to /usr/lib/llvm-22/lib/cmake/mlir")
endif()
set(MLIR_LINK_MLIR_DYLIB ON)
set(LLVM_LINK_LLVM_DYLIB ON)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_compile_definitions(${LLVM_DEFINITIONS_LIST})
if(NOT LLVM_ENABLE_RTTI)
  set(ATTN_RTTI_FLAG -fno-rtti)
endif()

# TableGen looks where the directory property points.
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})

add_library(attn_compiler_options INTERFACE)
target_include_directories(attn_compiler_options SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_include_directories(attn_compiler_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_options(attn_compiler_options INTERFACE ${ATTN_RTTI_FLAG} -fno-exceptions -Wall -Wextra -Wno-unused-parameter -Werror)
string(REPLACE " " ";" ATTN_LLVM_DEFINITIONS "${LLVM_DEFINITIONS}")
target_compile_definitions(attn_compiler_options INTERFACE $<$<CONFIG:Release>:NDEBUG>)

# attn_add_layer(NAME SOURCES...): one layer of libattn, compiled once as objects and linked into the one shared library.
# DEPENDS names the tablegen targets that must run first; LAYERS names the lower layers this one may include.
function(attn_add_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LAYERS" ${ARGN})
  add_library(${name} OBJECT ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE attn_compiler_options)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  foreach(layer ${ARG_LAYERS})
    add_dependencies(${name} ${layer})
  endforeach()
  target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/CompilerPch.h)
  set_property(GLOBAL APPEND PROPERTY ATTN_LAYERS ${name})
endfunction()
