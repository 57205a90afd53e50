// Batcher: which examples step s trains on. With a philox generator any step can be asked for at any time, so that a
// resumed run needs no state; with a torch generator the batches come in order out of the generator that the caller
// shares with everything else, as in the notebooks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"

namespace grim {

enum class Sampling {
  replacement,  // every draw independent: torch.randint(n, (batch,))
  epochs,       // one permutation of all examples after the other, each used once; batches may span two
};

class Batcher {
 public:
  // `rng` is not kept in philox mode; in torch mode it is drawn from and must outlive the Batcher.
  // throws: argument, no examples or batch_size < 1
  Batcher(int64_t examples, int64_t batch_size, Sampling sampling, Rng& rng);

  // Numbers of examples, batch_size of them. throws: state, in torch mode, when `step` is not the next one
  std::vector<int64_t> batch(int64_t step);

  int64_t examples() const { return examples_; }
  int64_t batch_size() const { return batch_size_; }
  // For resuming in torch mode, together with the state of the shared generator (save both, restore both).
  std::string state() const;
  void restore(std::string_view state);  // throws: input

 private:
  int64_t from_epochs(int64_t place);
  int64_t examples_, batch_size_;
  Sampling sampling_;
  Rng own_;                     // philox
  Rng* shared_;                 // torch
  int64_t next_step_ = 0;
  int64_t epoch_ = -1;          // of order_
  std::vector<int64_t> order_;
  std::string order_state_;     // torch: the generator before it drew order_
};

}  // namespace grim
