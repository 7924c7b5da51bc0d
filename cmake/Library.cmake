# Has cargo build the library, unless one is given, and lays it into the build folder under the names that loaders look for.

set(cargo_target "$ENV{CARGO_TARGET_DIR}")
if(NOT cargo_target)
  set(cargo_target "${TWINSPECT_SOURCE}/target")
endif()
get_filename_component(cargo_target "${cargo_target}" ABSOLUTE BASE_DIR "${TWINSPECT_SOURCE}")

set(libtorch "${TWINSPECT_LIBTORCH}")
if(NOT libtorch)
  set(libtorch "$ENV{LIBTORCH}")
endif()
if(NOT libtorch)
  set(libtorch "${cargo_target}/libtorch")
endif()

if(TWINSPECT_LIBRARY)
  if(NOT EXISTS "${TWINSPECT_LIBRARY}")
    message(FATAL_ERROR "TWINSPECT_LIBRARY is '${TWINSPECT_LIBRARY}', which does not exist. Name the file ${cargo_name} that cargo has built, or leave it empty.")
  endif()
  set(built_library "${TWINSPECT_LIBRARY}")
else()
  set(built_library "${cargo_target}/release/${cargo_name}")
  find_program(TWINSPECT_CARGO cargo HINTS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin" "$ENV{USERPROFILE}/.cargo/bin")
  if(NOT TWINSPECT_CARGO)
    message(FATAL_ERROR "There is no cargo to compile twinspect with. Install Rust (rustup), or name a library that is built in TWINSPECT_LIBRARY.")
  endif()
  set(lay_libtorch "")
  if(NOT EXISTS "${libtorch}/lib" AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(lay_libtorch COMMAND ${CMAKE_COMMAND} -E env "CARGO_TARGET_DIR=${cargo_target}" "LIBTORCH=${libtorch}"
        "${TWINSPECT_SOURCE}/.ci/libtorch.sh")
  endif()
  # Cargo knows best whether there is something to do, so it is asked every time.
  add_custom_target(twinspect_cargo
    ${lay_libtorch}
    COMMAND ${CMAKE_COMMAND} -E env "LIBTORCH=${libtorch}" "CARGO_TARGET_DIR=${cargo_target}"
      ${TWINSPECT_CARGO} build --release --locked --lib
    WORKING_DIRECTORY "${TWINSPECT_SOURCE}"
    BYPRODUCTS "${built_library}"
    COMMENT "Building twinspect with cargo"
    USES_TERMINAL VERBATIM)
endif()
if(WIN32)
  get_filename_component(built_folder "${built_library}" DIRECTORY)
  set(built_import "${built_folder}/${cargo_import_name}")
endif()

set(stage "${CMAKE_CURRENT_BINARY_DIR}/library")
set(staged_library "${stage}/${library_name}")
set(stage_links "")
foreach(name IN LISTS link_names)
  list(APPEND stage_links COMMAND ${CMAKE_COMMAND} -E create_symlink ${library_name} "${stage}/${name}")
endforeach()
set(stage_import "")
if(WIN32)
  set(stage_import COMMAND ${CMAKE_COMMAND} -E copy_if_different "${built_import}" "${stage}/${import_name}")
elseif(APPLE)
  # Cargo names the library after the folder that it was built in.
  set(stage_import COMMAND install_name_tool -id "@rpath/${runtime_name}" "${staged_library}")
endif()
add_custom_command(OUTPUT "${staged_library}"
  COMMAND ${CMAKE_COMMAND} -E make_directory "${stage}"
  COMMAND ${CMAKE_COMMAND} -E copy "${built_library}" "${staged_library}"
  ${stage_import}
  ${stage_links}
  DEPENDS "${built_library}" $<TARGET_NAME_IF_EXISTS:twinspect_cargo>
  COMMENT "Laying ${library_name}"
  VERBATIM)
add_custom_target(twinspect_library ALL DEPENDS "${staged_library}")
