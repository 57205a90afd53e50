#include "grimoire/task/spans.h"

#include <algorithm>

#include "grimoire/generate/greedy.h"

namespace grim {
namespace {

int64_t commonest_of(std::span<const int32_t> ids) {
  std::vector<int64_t> counts(static_cast<size_t>(*std::ranges::max_element(ids)) + 1, 0);
  for (const int32_t id : ids) ++counts[static_cast<size_t>(id)];
  return std::ranges::max_element(counts) - counts.begin();
}

}  // namespace

SpanEvaluation evaluate(const Seq2Seq& model, const SpanExamples& examples, const SpanTokens& tokens, const SpanOptions& options, WriteGaps write,
                        int64_t batches, const StopAsked& stop) {
  SpanEvaluation e;
  if (examples.rows() == 0) return e;
  const Spans damage(tokens, options);
  const int64_t commonest = commonest_of(examples.ids()), gaps = damage.sizes(examples.length()).gaps;
  const auto fill_gaps = [&](const RewriteBatch& b) {
    const std::vector<std::vector<int64_t>> made = write_greedily(model, b.sources, tokens.end, 2 * b.targets.longest());
    const std::vector<int64_t> targets = b.targets.ids.to_vector<int64_t>();
    for (size_t i = 0; i < made.size(); ++i) {
      const auto wanted = answers_in(std::span(targets).subspan(static_cast<size_t>(b.targets.offsets[i])), tokens, gaps);
      const auto given = answers_in(made[i], tokens, gaps);
      for (size_t g = 0; g < wanted.size(); ++g) {
        ++e.gaps;
        e.exact += given[g] == wanted[g];
        e.exact_by_commonest += wanted[g] == std::vector<int64_t>{commonest};
      }
    }
  };
  const std::function<void(const RewriteBatch&)> see = write == WriteGaps::yes ? fill_gaps : std::function<void(const RewriteBatch&)>();
  static_cast<RewriteEvaluation&>(e) = evaluate(model, examples, damage, batches, stop, see);
  return e;
}

namespace {

struct SpanSettings {
  static constexpr const char* kTask = "spans";
  static constexpr const char* kTokenizer = "folder or file of the tokenizer, with <extra_id_0>, <extra_id_1> ... for the gaps";
  static constexpr const char* kHint = "grimoire tokenizer train makes one of kind unigram, with special tokens <extra_id_0>, <extra_id_1> and so on";
  SpanOptions spans;

  Options options() {
    return {{.name = "gap-rate", .help = "share of the tokens that are taken out", .target = &spans.rate, .low = 0.01, .high = 0.9},
            {.name = "gap-length", .help = "tokens of a gap, in the mean", .target = &spans.mean_length, .low = 1, .high = 1000}};
  }
  Json identity() const { return Json::object({{"gap_rate", spans.rate}, {"gap_length", spans.mean_length}}); }
  std::unique_ptr<Damage> damage(const Tokenizer& tokenizer) const { return std::make_unique<Spans>(SpanTokens::of(tokenizer), spans); }
};

}  // namespace

TaskDefaults spans_task_settings() { return task_settings<RewriteSettings<SpanSettings>>(); }

}  // namespace grim
