#include <twinspect/opencv.hpp>
