#include "grimoire/train/rolling.h"

#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {

std::vector<RollingWindow> rolling_windows(int64_t targets, int64_t context, int64_t stride) {
  const int64_t width = std::min(context, targets);
  std::vector<RollingWindow> windows = {{.start = 0, .counted = width}};
  for (int64_t done = width; done < targets;) {
    const int64_t counted = std::min(stride, targets - done);
    done += counted;
    windows.push_back({.start = done - width, .counted = counted});
  }
  return windows;
}

namespace {

Examples examples_of(std::span<const int64_t> ids, std::span<const RollingWindow> windows, int64_t width) {
  std::vector<int64_t> starts;
  for (const RollingWindow& w : windows) starts.push_back(w.start);
  Examples e = text_crops(ids, starts, width);
  int64_t* y = e.y.data<int64_t>();
  for (const RollingWindow& w : windows) {
    std::fill_n(y, width - w.counted, kIgnore);
    y += width;
  }
  return e;
}

}  // namespace

void check_rolling(const CausalLm& model, std::span<const int64_t> ids, int64_t context, int64_t stride) {
  GRIM_CHECK(model.reading() == Reading::sequence, argument, "eval", "the model reads windows of {} tokens, and predicts one from each", model.context());
  GRIM_CHECK(context >= 1 && context <= model.context(), argument, "eval",
             GRIM_SETTING("context") ": got {}, expected 1 to {}, the tokens that the model looks back on", context, model.context());
  GRIM_CHECK(stride >= 1 && stride <= context, argument, "eval", GRIM_SETTING("stride") ": got {}, expected 1 to {}, the tokens of a window", stride, context);
  GRIM_CHECK(ids.size() >= 2, input, "eval", "the text is too short: got {} tokens, expected 2 or more", ids.size());
}

Evaluation evaluate_rolling(const CausalLm& model, std::span<const int64_t> ids, int64_t context, int64_t stride) {
  check_rolling(model, ids, context, stride);
  const auto targets = static_cast<int64_t>(ids.size()) - 1;
  const NoGrad no_grad;
  const std::vector<RollingWindow> windows = rolling_windows(targets, context, stride);
  const int64_t width = std::min(context, targets);
  const auto at_once = static_cast<size_t>(judged_at_once(Reading::sequence, width));
  double sum = 0;
  for (size_t begin = 0; begin < windows.size(); begin += at_once) {
    const Examples e = examples_of(ids, std::span(windows).subspan(begin, std::min(at_once, windows.size() - begin)), width);
    Pass pass = Pass::evaluation();
    sum += model.loss(e.x, e.y, pass).item() * static_cast<double>(counted_targets(e.y));
  }
  return {.nll_nats = sum / static_cast<double>(targets), .tokens = targets};
}

}  // namespace grim
