# What `cmake --install` lays: the library under its names, headers, the CMake package, pkg-config, the licence, libtorch.

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Twinspect)
set(package "${CMAKE_CURRENT_BINARY_DIR}/package")

install(PROGRAMS "${staged_library}" DESTINATION ${library_folder})
foreach(name IN LISTS link_names)
  install(FILES "${stage}/${name}" DESTINATION ${library_folder})
endforeach()
if(WIN32)
  install(FILES "${stage}/${import_name}" DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY "${TWINSPECT_SOURCE}/include/twinspect" "${TWINSPECT_SOURCE}/bindings/cpp/include/twinspect"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${TWINSPECT_SOURCE}/LICENSE" DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/twinspect)

set(INSTALLED_LIBRARY ${library_folder}/${library_name})
set(INSTALLED_IMPORT_LIBRARY "")
if(WIN32)
  set(INSTALLED_IMPORT_LIBRARY ${CMAKE_INSTALL_LIBDIR}/${import_name})
endif()
set(RUNTIME_NAME ${runtime_name})
configure_package_config_file(TwinspectConfig.cmake.in "${package}/TwinspectConfig.cmake"
  INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
configure_package_config_file(TwinspectTargets.cmake.in "${package}/TwinspectTargets.cmake"
  INSTALL_DESTINATION ${package_folder}
  PATH_VARS INSTALLED_LIBRARY INSTALLED_IMPORT_LIBRARY CMAKE_INSTALL_INCLUDEDIR
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${package}/TwinspectConfigVersion.cmake" COMPATIBILITY ${compatibility})
install(FILES "${package}/TwinspectConfig.cmake" "${package}/TwinspectConfigVersion.cmake"
  "${package}/TwinspectTargets.cmake" TwinspectComponents.cmake DESTINATION ${package_folder})

# Relative to the file's own place, so that the prefix may be moved.
file(RELATIVE_PATH PKGCONFIG_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(twinspect.pc.in "${package}/twinspect.pc" @ONLY)
install(FILES "${package}/twinspect.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# After the library is in its place.
configure_file(libtorch.cmake.in "${package}/libtorch.cmake" @ONLY)
install(SCRIPT "${package}/libtorch.cmake")
