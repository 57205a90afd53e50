// Models made small (Joulin et al. 2016b, FastText.zip: Compressing text classification models): the rows that matter least are cut off, and what is left
// becomes bytes. Of classifiers and of word vectors alike.
#pragma once

#include <optional>
#include <string_view>

#include "grimoire/vectors/train.h"

namespace grim::vectors {

struct QuantiseSettings {
  int64_t part = 2;         // numbers that become one byte
  int64_t cutoff = 0;       // rows of the input table that stay, those of the largest length (section 3.3); 0: all
  Table::Lengths lengths = Table::Lengths::inside;
  bool output = false;      // the output table too, in parts of 2
  uint64_t seed = 0;
};

// `again`, where it is given, trains what is left after the cut once more: epochs and lr of `retraining` are looked at.
// throws: argument, a quantised model, or a cut of word vectors with a tree of all their words
struct Retraining {
  std::string_view text, source;
  int64_t epochs = 1;
  double lr = 0.1;
};
SubwordModel quantise(const SubwordModel& model, const QuantiseSettings& settings, const std::optional<Retraining>& again = {},
                      const ProgressSink& progress = {});

}  // namespace grim::vectors
