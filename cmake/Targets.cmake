# The targets of a build that contains twinspect: those of TwinspectTargets.cmake.in, on the files of the build folder.

add_library(twinspect SHARED IMPORTED GLOBAL)
add_library(Twinspect::twinspect ALIAS twinspect)
add_dependencies(twinspect twinspect_library)
set_target_properties(twinspect PROPERTIES
  IMPORTED_LOCATION "${staged_library}"
  INTERFACE_INCLUDE_DIRECTORIES "${TWINSPECT_SOURCE}/include;${TWINSPECT_SOURCE}/bindings/cpp/include")
if(WIN32)
  set_property(TARGET twinspect PROPERTY IMPORTED_IMPLIB "${stage}/${import_name}")
else()
  set_property(TARGET twinspect PROPERTY IMPORTED_SONAME "${runtime_name}")
endif()

# What a component wants is looked for here, and seen by those who add this folder.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)
set(Twinspect_TARGET_SCOPE GLOBAL)
include(TwinspectComponents.cmake)
twinspect_find_component(OpenCV)
twinspect_find_component(HALCON)
