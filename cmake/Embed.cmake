# ergon_embed(TARGET FOLDER FILES...): compiles data files into a target, as base/files/data_files.h reads them: a program that was moved away from its
# sources has its tables all the same. Names are paths below FOLDER.
function(ergon_embed target folder)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_data.cpp)
  set(files ${ARGN})
  list(TRANSFORM files PREPEND ${folder}/ OUTPUT_VARIABLE paths)
  add_custom_command(OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} "-DFILES=${files}" -DOUTPUT=${generated} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    COMMENT "Embedding data files" VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()
