// What a language model is trained and judged on: a corpus, cut into train, dev and test, as examples in the form that the
// model reads.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>

#include "grimoire/data/corpus.h"
#include "grimoire/data/windows.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/task.h"

namespace grim {

// One part of the data. Lines give a row for each window or item; running text gives a row for each place it can start.
class LmPart {
 public:
  LmPart() = default;
  static LmPart of_items(const std::vector<Ids>& items, Reading reading, int64_t context);
  static LmPart of_text(std::span<const int64_t> ids, Reading reading, int64_t context);

  int64_t rows() const;                                // that training may draw
  Examples take(std::span<const int64_t> rows) const;
  int64_t targets() const { return targets_; }         // predicted symbols when every one is judged once
  int64_t targets_in(std::span<const int64_t> rows) const;  // of these that take() gives
  int64_t judged_rows() const;                         // in which every target stands once
  bool empty() const { return targets_ == 0; }

  // Every target once: f(examples) for batches of about `batch_size` rows, at most `batches` of them (0: all). An f that returns
  // something ends the walk with false.
  template <class F> void for_each_batch(int64_t batch_size, int64_t batches, F&& f) const {
    const int64_t n = judged_rows();
    for (int64_t begin = 0, done = 0; begin < n && (batches == 0 || done < batches); begin += batch_size, ++done) {
      const Examples e = judged(begin, std::min(n, begin + batch_size));
      if constexpr (std::is_void_v<decltype(f(e))>) f(e);
      else if (!f(e)) return;
    }
  }

 private:
  Examples judged(int64_t begin, int64_t end) const;
  bool from_text_ = false;
  Examples all_;  // lines
  Tensor ids_;    // text
  std::span<const int64_t> ids() const { return {ids_.data<int64_t>(), static_cast<size_t>(ids_.numel())}; }
  Reading reading_ = Reading::window;
  int64_t context_ = 1;
  int64_t targets_ = 0;
};

struct LmData {
  LmPart train, dev, test;
  // The last tenth (of items: after the shuffle), on which every model can be judged whatever its recipe's split; empty when it
  // is too short. Of 80/10/10 this is the test part, of 90/10/0 the dev part, of 100/0/0 a part of what trained.
  LmPart common;
  Part common_is = Part::common;  // test or dev, when it is the same as that part
};

inline constexpr double kCommonBegins = 90;  // percent: where `common` begins

struct SplitPercent {
  double train, dev, test;
  static SplitPercent parse(const std::string& text);  // "80/10/10". throws: usage
};

Part common_part_of(const SplitPercent& split);  // test or dev, where that is the last tenth already; else common

// Running text as it is read. Where it holds the tokenizer's end-of-text token, that token parts documents, which are packed one behind the other with it
// between them; attention sees across it (Brown et al. 2020, appendix B). So a text that is drawn begins and ends as a document does.
std::string running_text(const Corpus& corpus, const Tokenizer& tokenizer);
Ids running_ids(const Corpus& corpus, const Tokenizer& tokenizer, int64_t first = 0);  // so many of its first tokens; 0: all
bool has_documents(const Corpus& corpus, const Tokenizer& tokenizer);  // is there such a token in it?

// Items are shuffled by Python's random.seed(42), the split of the makemore lectures, whatever the run's own seed: runs with
// different seeds are judged on the same items. Running text is cut in order.
LmData make_lm_data(const Corpus& corpus, const Tokenizer& tokenizer, const SplitPercent& split, Reading reading, int64_t context);
// All of it as one part, for `eval`.
LmPart make_lm_part(const Corpus& corpus, const Tokenizer& tokenizer, Reading reading, int64_t context);
// The last tenth of it, as LmData has it; of the tokens of running text, nothing when it is no longer than the context.
std::span<const int64_t> common_part_of(std::span<const int64_t> ids, int64_t context);
LmPart make_common_part(const Corpus& corpus, const Tokenizer& tokenizer, Reading reading, int64_t context);

std::shared_ptr<const Tokenizer> make_tokenizer(const Corpus& corpus);  // of its characters

int64_t counted_targets(const Tensor& targets);  // those that are not kIgnore

int64_t judged_at_once(Reading reading, int64_t context);  // rows that hold about kJudgedAtOnce targets

struct Evaluation {
  double nll_nats = 0;  // mean over the targets
  int64_t tokens = 0;   // targets judged
  bool stopped = false; // before all were judged
};
Evaluation evaluate(const CausalLm& model, const LmPart& part, int64_t batches = 0, const StopAsked& stop = {});

}  // namespace grim
