#include "grimoire/data/batcher.h"

#include <charconv>

#include "grimoire/base/error.h"

namespace grim {

Batcher::Batcher(int64_t examples, int64_t batch_size, Sampling sampling, Rng& rng)
    : examples_(examples), batch_size_(batch_size), sampling_(sampling),
      own_(RngMode::philox, rng.seed(), rng.stream()), shared_(rng.mode() == RngMode::torch ? &rng : nullptr) {
  GRIM_CHECK(examples >= 1, argument, "batcher", "examples: got {}, expected 1 or more", examples);
  GRIM_CHECK(batch_size >= 1, argument, "batcher", "batch size: got {}, expected 1 or more", batch_size);
}

int64_t Batcher::from_epochs(int64_t place) {
  const int64_t epoch = place / examples_;
  if (epoch != epoch_) {
    if (shared_) order_state_ = shared_->state();
    order_ = shared_ ? shared_->permutation(examples_) : own_.at_step(epoch).permutation(examples_);
    epoch_ = epoch;
  }
  return order_[static_cast<size_t>(place % examples_)];
}

std::vector<int64_t> Batcher::batch(int64_t step) {
  GRIM_CHECK(step >= 0, argument, "batcher", "step: got {}", step);
  GRIM_CHECK(!shared_ || step == next_step_, state, "batcher", "torch mode draws in order: got step {}, expected {}",
             step, next_step_);
  next_step_ = step + 1;
  std::vector<int64_t> chosen(static_cast<size_t>(batch_size_));
  if (sampling_ == Sampling::epochs) {
    for (int64_t i = 0; i < batch_size_; ++i) chosen[static_cast<size_t>(i)] = from_epochs(step * batch_size_ + i);
    return chosen;
  }
  Rng placed = own_.at_step(step);
  for (int64_t& c : chosen) c = (shared_ ? *shared_ : placed).randint(0, examples_);
  return chosen;
}

std::string Batcher::state() const { return str("step {} epoch {} {}", next_step_, epoch_, order_state_); }

void Batcher::restore(std::string_view state) {
  const auto refuse = [&] {
    fail(ErrorKind::input, "batcher", str("not a batcher's state: got '{}'", state.substr(0, 80)));
  };
  std::string_view rest = state;
  const auto number_after = [&](std::string_view word) {
    if (!rest.starts_with(word)) refuse();
    int64_t value = -1;
    const auto [end, error] = std::from_chars(rest.data() + word.size(), rest.data() + rest.size(), value);
    if (error != std::errc() || end == rest.data() + rest.size() || *end != ' ') refuse();
    rest.remove_prefix(static_cast<size_t>(end - rest.data()) + 1);
    return value;
  };
  const int64_t step = number_after("step "), epoch = number_after("epoch ");
  if (step < 0 || epoch < -1) refuse();
  std::vector<int64_t> order;
  if (!rest.empty()) order = Rng::from_state(rest).permutation(examples_);
  next_step_ = step;
  epoch_ = order.empty() ? -1 : epoch;
  order_ = std::move(order);
  order_state_ = rest;
}

}  // namespace grim
