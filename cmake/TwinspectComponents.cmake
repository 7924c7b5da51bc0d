# The components, which want libraries of others. Read by the installed package, and by a build that contains twinspect.
#
# twinspect_find_component(NAME): makes Twinspect::NAME if what it wants is here, and says so in Twinspect_NAME_FOUND; if it
# is not, Twinspect_NAME_WANTS says what to do.

macro(twinspect_find_component name)
  set(Twinspect_${name}_FOUND FALSE)
  set(Twinspect_${name}_WANTS "to be called OpenCV or HALCON: there are no others")
  if("${name}" STREQUAL "OpenCV")
    set(Twinspect_OpenCV_WANTS "OpenCV 4 with core and imgproc: install it, or set OpenCV_DIR")
    find_package(OpenCV QUIET COMPONENTS core imgproc)
    if(OpenCV_FOUND)
      twinspect_add_component(OpenCV opencv_core opencv_imgproc)
    endif()
  elseif("${name}" STREQUAL "HALCON")
    set(Twinspect_HALCON_WANTS "HALCON's C++ interface: set HALCONROOT and HALCONARCH in the environment, as its installation does")
    find_path(Twinspect_HALCON_INCLUDE halconcpp/HalconCpp.h HINTS "$ENV{HALCONROOT}/include")
    find_library(Twinspect_HALCON_LIBRARY halconcpp HINTS "$ENV{HALCONROOT}/lib/$ENV{HALCONARCH}")
    if(Twinspect_HALCON_INCLUDE AND Twinspect_HALCON_LIBRARY)
      twinspect_add_component(HALCON "${Twinspect_HALCON_LIBRARY}")
      set_property(TARGET Twinspect::HALCON PROPERTY INTERFACE_INCLUDE_DIRECTORIES
        "${Twinspect_HALCON_INCLUDE}" "${Twinspect_HALCON_INCLUDE}/halconcpp")
    endif()
  endif()
endmacro()

macro(twinspect_add_component name)
  set(Twinspect_${name}_FOUND TRUE)
  if(NOT TARGET Twinspect::${name})
    add_library(Twinspect::${name} INTERFACE IMPORTED ${Twinspect_TARGET_SCOPE})
    set_target_properties(Twinspect::${name} PROPERTIES
      INTERFACE_COMPILE_FEATURES cxx_std_17
      INTERFACE_LINK_LIBRARIES "Twinspect::twinspect;${ARGN}")
  endif()
endmacro()
