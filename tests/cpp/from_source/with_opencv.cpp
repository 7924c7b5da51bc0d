// Uses something of OpenCV that has to be linked.
#include <twinspect/opencv.hpp>

int main() {
  const cv::Mat gray = cv::Mat::zeros(4, 4, CV_8UC1);
  twinspect::opencv::view(gray).check();
  return 0;
}
