// The table of hostile inputs, from C++: tests/cases/README.md says what is asked and what is answered.
//
//   cases FOLDER
#include <twinspect/twinspect.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

using namespace twinspect;

static std::vector<std::string> split(const std::string &text, char end) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, end);) words.push_back(word);
  return words;
}

static void set(Options &options, const std::string &settings) {
  for (const std::string &setting : split(settings, ' ')) {
    const std::size_t at = setting.find('=');
    options.set(setting.substr(0, at), setting.substr(at + 1));
  }
}

// What could not be added.
static std::string fit(const std::string &name, const std::filesystem::path &model, const Options &options) {
  Fitter fitter(options);
  std::string refused;
  std::ifstream list("lists/" + name + ".txt");
  for (std::string path; std::getline(list, path);) {
    try {
      fitter.add_file(std::filesystem::u8path(path));
    } catch (const Error &error) {
      refused += (refused.empty() ? "" : " ;; ") + std::string(error.what());
    }
  }
  fitter.fit().save(model);
  return refused;
}

static std::string hash_of(const Result &result) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto map = result.map();
  for (std::uint32_t y = 0; y < map.height(); ++y) {
    for (std::uint32_t x = 0; x < map.width(); ++x) {
      const float value = map(x, y);
      unsigned char bytes[sizeof value];
      std::memcpy(bytes, &value, sizeof value);
      for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
    }
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, hash);
  return text;
}

static std::string answer(const std::vector<std::string> &task) {
  const std::string &name = task[0];
  const auto model = std::filesystem::u8path(task[2]);
  const bool fits = task[1] != "-";
  try {
    Options options, none;
    set(options, task.size() > 4 ? task[4] : "");
    const std::string refused = fits ? fit(name, model, options) : "";
    const Options &running = fits ? none : options;
    const Model loaded = Model::load(model, running);
    const Result result = Inspector(loaded, running).inspect_file(std::filesystem::u8path(task[3]));
    return name + "\tOK\t" + refused + "\t" + loaded.describe() + "\t" + result.to_json() + "\t" + hash_of(result);
  } catch (const Error &error) {
    return name + "\t" + tsp_status_name(error.code()) + "\t" + error.what();
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    std::cerr << "cases FOLDER\n";
    return 2;
  }
  std::filesystem::current_path(argv[1]);
  std::ifstream tasks("tasks.tsv");
  for (std::string line; std::getline(tasks, line);) std::cout << answer(split(line, '\t')) << "\n";
  return 0;
}
