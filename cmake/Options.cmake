# Compiler settings that every floor shares.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(ergon_options INTERFACE)
target_include_directories(ergon_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
# Same bits on every machine (DESIGN, contract 2): the compiler may not fuse a*b+c where the code did not.
target_compile_options(ergon_options INTERFACE -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion
                       -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
                       # g++ 12 warns of overlaps inside its own std::string (its bug 105651).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       # Where sources are compiled together, g++ takes a class of a .cpp that has a member of an unnamed
                       # namespace for one of a header.
                       $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wno-subobject-linkage>
                       # Where sources are compiled together, a name of another file is no name that this one hides.
                       $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>)
if(ERGON_WERROR)
  target_compile_options(ergon_options INTERFACE -Werror)
endif()
if(ERGON_SANITIZE)
  target_compile_options(ergon_options INTERFACE -fsanitize=${ERGON_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(ergon_options INTERFACE -fsanitize=${ERGON_SANITIZE})
endif()
find_package(Threads REQUIRED)
target_link_libraries(ergon_options INTERFACE Threads::Threads)
