#include "grimoire/task/mlm_task.h"

#include <cmath>

#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/task/mlm.h"

namespace grim {

// Documents are shuffled in one way for all, then cut: each part has some of everything.
MlmTask::MlmTask(std::unique_ptr<TextEncoder> model, std::shared_ptr<const Tokenizer> tokenizer, const std::vector<TokenDocument>& documents,
                 const SplitPercent& split, const MaskOptions& masks, uint64_t seed, int64_t length)
    : PartTask(std::move(model), std::move(tokenizer)), tokens_(MlmTokens::of(*tokenizer_)), masks_(masks) {
  const std::vector<int64_t> order = Rng(RngMode::philox, 42, "documents").permutation(static_cast<int64_t>(documents.size()));
  cut(order.size(), split, [&](int64_t begin, int64_t end) {
    const std::vector<int64_t> chosen(order.begin() + begin, order.begin() + end);
    return mlm_examples(*model_, pick(documents, chosen), tokens_, seed, length);
  });
  GRIM_CHECK(train_.rows() > 0, input, "mlm", "the data give no example: {} documents, of which {} percent train", documents.size(), split.train);
}

double MlmTask::weight(std::span<const int64_t> rows) const {
  double n = 0;
  for (const int64_t r : rows) n += static_cast<double>(train_.asked_in(r, masks_));
  return n;
}

// Of both objectives the mean, of words over those that are hidden, of passages over the texts.
Tensor MlmTask::loss(std::span<const int64_t> rows, Pass& pass) const {
  const MlmExamples::Batch b = train_.batch(rows, tokens_, masks_, pass.seed, pass.step);
  const Tensor hidden = model_->hidden(b.texts, pass);
  const Tensor words = model_->masked_loss(index_select(hidden, 0, b.places), b.targets);
  return model_->has(EncoderPart::next_sentence) ? words + cross_entropy(model_->next_sentence_logits(hidden, b.texts), b.next) : words;
}

Judgement MlmTask::judge(Part part, int64_t batches, const StopAsked& stop) const {
  const MlmEvaluation e = evaluate(*model_, of(part), tokens_, masks_, batches > 0 ? batches : kMostJudgements, stop);
  return {.loss = e.loss(), .weight = static_cast<double>(e.asked), .stopped = e.stopped};
}

double MlmTask::guessing() const { return std::log(static_cast<double>(symbols())) + (model_->has(EncoderPart::next_sentence) ? std::log(2.0) : 0.0); }

// Words by how common they are, passages by a coin.
double MlmTask::baseline(const StopAsked&) const {
  const auto V = static_cast<size_t>(symbols());
  std::vector<double> counts(V, 1.0);
  for (const int32_t id : train_.ids()) counts[static_cast<size_t>(id)] += 1;
  const double total = static_cast<double>(V) + static_cast<double>(train_.ids().size());
  const MlmExamples& judged = dev_.rows() > 0 ? dev_ : train_;
  double sum = 0;
  int64_t asked = 0;
  each_batch(judged, kMostJudgements, {}, [&](std::span<const int64_t> rows) {
    const std::vector<int64_t> targets = judged.batch(rows, tokens_, masks_, 0, 0).targets.to_vector<int64_t>();
    for (const int64_t id : targets) sum -= std::log(counts[static_cast<size_t>(id)] / total);
    asked += static_cast<int64_t>(targets.size());
  });
  return sum / static_cast<double>(std::max<int64_t>(1, asked)) + (model_->has(EncoderPart::next_sentence) ? std::log(2.0) : 0.0);
}

Options MlmReading::options() {
  return {{.name = "documents", .help = "how to read the data", .target = by_choice(&form), .choices = {"auto", "lines", "sentences"}},
          {.name = "mask-rate", .help = "share of the tokens that are to be found", .target = &masks.rate, .low = 0.001, .high = 0.9},
          {.name = "whole-words", .help = "hide all pieces of a word, or none", .target = &masks.whole_words},
          {.name = "fixed-masks", .help = "hide the same words each time, as BERT did", .target = &masks.fixed}};
}

Json MlmReading::identity(size_t documents) const {
  return Json::object({{"documents", static_cast<int64_t>(documents)}, {"mask_rate", masks.rate}, {"whole_words", masks.whole_words},
                       {"fixed_masks", masks.fixed}});
}

}  // namespace grim
