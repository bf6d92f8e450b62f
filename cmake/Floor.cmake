# With ERGON_UNITY sources are compiled many at once, since most of the time goes into the same headers and large templates
# (JSON, the command line, GoogleTest; all of cli with g++: 76 s in batches of 16, 57 s of 32). Precompiled headers give
# nothing: the time goes into instantiating them. So no two sources of a target
# share a name (tests/ground/test_names.py).
function(ergon_compiled_together name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${ERGON_UNITY} UNITY_BUILD_BATCH_SIZE 40)
endfunction()

# ergon_floor(NAME SOURCES ... USES ... LIBRARIES ...): one floor of the house as a static library.
# USES names floors below; LIBRARIES names libraries from outside. FUZZED: fuzz targets watch which of its code they reach;
# FUZZED_SOURCES: which code of these sources, where watching the whole floor would slow down its computing.
function(ergon_floor name)
  cmake_parse_arguments(FLOOR "FUZZED" "" "SOURCES;USES;LIBRARIES;FUZZED_SOURCES" ${ARGN})
  add_library(${name} STATIC ${FLOOR_SOURCES})
  target_link_libraries(${name} PUBLIC ergon_options)
  foreach(used ${FLOOR_USES})
    target_link_libraries(${name} PUBLIC ${used})
  endforeach()
  target_link_libraries(${name} PUBLIC ${FLOOR_LIBRARIES})
  ergon_compiled_together(${name})
  if(ERGON_FUZZ AND FLOOR_FUZZED)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(ERGON_FUZZ AND FLOOR_FUZZED_SOURCES)
    set_source_files_properties(${FLOOR_FUZZED_SOURCES} PROPERTIES COMPILE_OPTIONS -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Code whose own speed does not matter is optimised less, since a clean build mostly waits for it (measured with g++: 13.7 s at
# -O3 to 10.1 s at -O1 for a test; with clang and sanitizers 7.6 s at -O1 to 3.2 s at -O0).
function(ergon_compiled_quickly name)
  if(ERGON_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  else()
    target_compile_options(${name} PRIVATE -O1)
  endif()
endfunction()

# ergon_test(FLOOR LABEL unit|parity|cli|real SOURCES ... [USES ...]): one test program test_FLOOR[_LABEL], each of its tests known to ctest.
function(ergon_test name)
  cmake_parse_arguments(TEST "" "LABEL" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_USES} GTest::gtest GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE ERGON_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures"
                             ERGON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  ergon_compiled_quickly(${name})
  ergon_compiled_together(${name})
  gtest_discover_tests(${name} PROPERTIES LABELS ${TEST_LABEL} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}.")
endfunction()
