// Two inspectors on two threads share a model, and find what one finds alone, to the last bit.
#include "check.hpp"
#include "parts.hpp"

#include <thread>

using namespace twinspect;

static std::vector<std::uint32_t> scores(const Model &model) {
  Inspector inspector(model);
  Result result;
  std::vector<std::uint32_t> scores;
  for (unsigned seed = 200; seed < 220; ++seed) {
    inspector.inspect(view_of(draw_part(seed, seed % 2 == 0)), result);
    scores.push_back(bits(result.summary().score));
  }
  return scores;
}

int main() {
  const Model model = fit_good_parts();
  set_threads(1);
  const auto alone = scores(model);
  std::vector<std::uint32_t> found[2];
  std::thread first([&found, model] { found[0] = scores(model); });
  std::thread second([&found, model] { found[1] = scores(model); });
  first.join();
  second.join();
  CHECK(found[0] == alone);
  CHECK(found[1] == alone);
  return verdict_of_checks();
}
