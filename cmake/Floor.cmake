# ergon_floor(NAME SOURCES ... USES ... LIBRARIES ...): one floor of the house as a static library.
# USES names floors below; LIBRARIES names libraries from outside.
function(ergon_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${FLOOR_SOURCES})
  target_link_libraries(${name} PUBLIC ergon_options)
  foreach(used ${FLOOR_USES})
    target_link_libraries(${name} PUBLIC ${used})
  endforeach()
  target_link_libraries(${name} PUBLIC ${FLOOR_LIBRARIES})
endfunction()

# ergon_test(FLOOR LABEL unit|parity|cli|real SOURCES ... [USES ...]): one test program test_FLOOR[_LABEL], each of its tests known to ctest.
function(ergon_test name)
  cmake_parse_arguments(TEST "" "LABEL" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_USES} GTest::gtest GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE ERGON_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures"
                             ERGON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${name} PROPERTIES LABELS ${TEST_LABEL} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}.")
endfunction()
