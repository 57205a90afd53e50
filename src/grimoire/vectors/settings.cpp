#include "grimoire/vectors/settings.h"

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim::vectors {
namespace {

// Enumerations begin at 1, as in the files; choices at 0.
template <class E> EnumTarget from_one(E* e) {
  return {e, [](const void* place) { return static_cast<size_t>(*static_cast<const E*>(place)) - 1; },
          [](void* place, size_t choice) { *static_cast<E*>(place) = static_cast<E>(choice + 1); }};
}

}  // namespace

TrainingSettings TrainingSettings::defaults(Kind kind) {
  TrainingSettings s;
  s.kind = kind;
  if (kind != Kind::supervised) return s;
  s.loss = Loss::softmax;
  s.lr = 0.1;
  s.min_count = 1;
  s.min_n = s.max_n = 0;
  return s;
}

Options TrainingSettings::options() {
  return {
      {.name = "kind",
       .help = "what is learned from what",
       .target = from_one(&kind),
       .choices = {"cbow", "skipgram", "supervised"},
       .basic = true,
       .without = {"from"}},
      {.name = "loss",
       .help = "how the right one is told from the others; supervised: softmax",
       .target = from_one(&loss),
       .choices = {"hierarchical-softmax", "negative-sampling", "softmax", "one-vs-all"},
       .basic = true,
       .without = {"from"}},
      {.name = "dim", .help = "numbers a vector", .target = &dim, .low = 1, .high = 1 << 16, .basic = true, .without = {"from"}},
      {.name = "epochs", .help = "times through the text", .target = &epochs, .low = 1, .high = 1e6, .basic = true},
      {.name = "lr", .help = "step size at the start, falls to 0; supervised: 0.1", .target = &lr, .low = 1e-300, .high = 1e3, .basic = true},
      {.name = "min-count", .help = "rarer words are left out; supervised: 1", .target = &min_count, .low = 1, .high = 1e12, .basic = true},
      {.name = "min-count-label", .help = "rarer labels are left out", .target = &min_count_label, .low = 0, .high = 1e12, .with = "kind=supervised"},
      {.name = "window", .help = "words on either side at most", .target = &window, .low = 1, .high = 1000, .basic = true, .with = "kind=skipgram|cbow"},
      {.name = "sampling", .help = "words of a larger share are thinned out", .target = &sampling, .low = 1e-300, .high = 1, .with = "kind=skipgram|cbow"},
      {.name = "negatives", .help = "wrong ones drawn for each right one", .target = &negatives, .low = 1, .high = 1000, .with = "loss=negative-sampling"},
      {.name = "min-n", .help = "letters of the shortest n-gram; supervised: 0", .target = &min_n, .low = 0, .high = 100, .without = {"from"}},
      {.name = "max-n",
       .help = "letters of the longest n-gram, 0: none; supervised: 0",
       .target = &max_n,
       .low = 0,
       .high = 100,
       .basic = true,
       .without = {"from"}},
      {.name = "word-ngrams",
       .help = "runs of up to so many words have rows too",
       .target = &word_ngrams,
       .low = 1,
       .high = 100,
       .basic = true,
       .with = "kind=supervised",
       .without = {"from"}},
      {.name = "bucket", .help = "rows that all n-grams share", .target = &bucket, .low = 1, .high = 1 << 30, .without = {"from"}},
      {.name = "seed", .help = "of all random numbers", .target = &seed, .low = 0},
  };
}

void TrainingSettings::check() const {
  GRIM_CHECK(dim >= 1 && epochs >= 1 && lr > 0, argument, "vectors", "got dim {}, epochs {}, lr {}, expected numbers above 0", dim, epochs, lr);
  GRIM_CHECK(kind == Kind::supervised || loss != Loss::one_vs_all, argument, "vectors",
             GRIM_SETTING("loss=one-vs-all") " is of use where lines have labels: word vectors are trained with another loss");
  GRIM_CHECK(max_n == 0 || (min_n >= 1 && min_n <= max_n), argument, "vectors",
             "n-grams of " GRIM_SETTING("min-n={}") " to " GRIM_SETTING("max-n={}") " letters: expected 1 or more, the longest not below the shortest", min_n,
             max_n);
  GRIM_CHECK(!has_ngrams() || bucket >= 1, argument, "vectors", "n-grams need rows: got " GRIM_SETTING("bucket={}"), bucket);
  GRIM_CHECK(loss != Loss::negative_sampling || negatives >= 1, argument, "vectors", "got " GRIM_SETTING("negatives={}") ", expected 1 or more", negatives);
}

}  // namespace grim::vectors
