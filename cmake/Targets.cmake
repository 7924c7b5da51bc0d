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

find_package(OpenCV QUIET COMPONENTS core imgproc)
if(OpenCV_FOUND AND NOT TARGET Twinspect::OpenCV)
  add_library(twinspect_opencv INTERFACE)
  add_library(Twinspect::OpenCV ALIAS twinspect_opencv)
  target_compile_features(twinspect_opencv INTERFACE cxx_std_17)
  target_link_libraries(twinspect_opencv INTERFACE twinspect opencv_core opencv_imgproc)
endif()
