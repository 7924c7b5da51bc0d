// A camera loop: two threads inspect with one model, each with an inspector of its own, while the camera goes on.
//
//   camera MODEL PICTURES_DIR FRAMES
//
// The pictures stand for a camera: they are shown in turn, FRAMES times. Prints how many parts were good and bad, and how long
// one took. Exit status: 0, or 2 after an error.
#include <twinspect/opencv.hpp>

#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

// Hands out frames to whoever asks; a real one waits for its trigger here.
class Camera {
 public:
  Camera(const fs::path &folder, int frames) : frames_(frames) {
    std::vector<fs::path> paths;
    for (const auto &entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const fs::path &path : paths) pictures_.push_back(cv::imread(path.string()));
    if (pictures_.empty()) throw std::runtime_error("no pictures in " + folder.string());
  }

  // False after the last frame.
  bool next(cv::Mat &frame) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (shown_ == frames_) return false;
    frame = pictures_[static_cast<std::size_t>(shown_++) % pictures_.size()];
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<cv::Mat> pictures_;
  int frames_;
  int shown_ = 0;
};

struct Counts {
  std::atomic<int> good{0}, bad{0};
};

// The loop of one thread. Nothing throws in it for a frame that is wrong: such a part is thrown out, and the line goes on.
static void inspect(const twinspect::Model &model, Camera &camera, Counts &counts) {
  twinspect::Inspector inspector(model);
  twinspect::Result result;
  cv::Mat frame;
  while (camera.next(frame)) {
    const auto done = frame.empty() ? twinspect::Outcome<void>(twinspect::Error(TSP_E_IMAGE, "the camera gave no picture"))
                                    : inspector.try_inspect(twinspect::opencv::view(frame), result);
    if (!done) std::cerr << "camera: " << done.error().what() << "\n";
    const bool is_good = done && result.summary().verdict == twinspect::Verdict::good;
    ++(is_good ? counts.good : counts.bad);
  }
}

int main(int count, char **arguments) {
  if (count != 4) {
    std::cerr << "camera MODEL PICTURES_DIR FRAMES\n";
    return 2;
  }
  try {
    // Two threads that inspect are faster than one that has two threads in its network.
    twinspect::set_threads(1);
    const auto model = twinspect::Model::load(arguments[1], twinspect::Options().set("threads", 1));
    Camera camera(arguments[2], std::atoi(arguments[3]));
    Counts counts;
    std::exception_ptr thrown[2];
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (std::exception_ptr &mine : thrown) {
      threads.emplace_back([&] {
        try {
          inspect(model, camera, counts);
        } catch (...) {
          mine = std::current_exception();
        }
      });
    }
    for (std::thread &thread : threads) thread.join();
    for (const std::exception_ptr &one : thrown) {
      if (one) std::rethrow_exception(one);
    }
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    const int frames = counts.good + counts.bad;
    std::cout << counts.good << " good, " << counts.bad << " bad, " << spent.count() / std::max(frames, 1) << " ms a part\n";
    return 0;
  } catch (const std::exception &error) {
    std::cerr << "camera: " << error.what() << "\n";
    return 2;
  }
}
