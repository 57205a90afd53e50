// The data of a language model's task: a corpus, read once.
#pragma once

#include <optional>

#include "grimoire/data/corpus.h"
#include "grimoire/train/lm_task.h"
#include "grimoire/train/provenance.h"

namespace grim {

class LmSource final : public TaskSource {
 public:
  // `known` numbers the symbols, or the tokenizer of that file or folder; without either the corpus does. throws later, by make: input, symbols that
  // are not known, no tokenizer there
  explicit LmSource(Corpus corpus, std::shared_ptr<const Tokenizer> known = {}, std::string tokenizer = "")
      : corpus_(std::move(corpus)), known_(std::move(known)), tokenizer_(std::move(tokenizer)) {}
  const Corpus& corpus() const { return corpus_; }

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint = "") const override;
  void resolve(RunConfig& config) const override;
  std::vector<std::string> warnings(const RunConfig& config) const override;
  CorpusFormat format() const override { return corpus_.format; }
  void keep(RunConfig& config, const std::string& folder, RunEvents& events) const override;
  Json identity(const RunConfig& config) const override;
  std::vector<std::string> differences(const Json& saved, const Json& now) const override;
  std::vector<std::string> other_numbering(const RunConfig& config, const std::string& checkpoint) const override;
  std::vector<std::string> samples(const std::string& folder) const override;
  double least_memory(const RunConfig& config) const override;
  RunSizes sizes(const RunConfig& config) const override;
  std::unique_ptr<TaskSource> sample(const RunConfig& config, int times) const override;

 private:
  std::unique_ptr<Task> over_few_bits(const RunConfig& config, const std::string& checkpoint) const;
  std::shared_ptr<const Tokenizer> numbering(const RunConfig& config) const;
  double characters_a_symbol(const Tokenizer& tokenizer) const;  // on average

  Corpus corpus_;
  std::shared_ptr<const Tokenizer> known_;
  std::string tokenizer_;
};

inline constexpr const char* kKeptData = "data.txt";  // in a run folder: data that came through a pipe

// What the last tenth of a corpus (LmData::common) was to a model: held back; what its best weights were chosen on, some or all of it; what
// it was trained on, some or all of it; or nothing is known.
enum class Seen { no, chosen, trained, unknown };
Seen common_part_seen(const SplitPercent& split);  // of the same corpus
Seen common_part_seen(const std::optional<Provenance>& trained, const Corpus& corpus);

}  // namespace grim
