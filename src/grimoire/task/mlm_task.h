// The task of masked words, for those that learn more beside it: how its texts are read, hidden and judged.
#pragma once

#include <memory>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/data/documents.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/task/mlm_data.h"
#include "grimoire/task/part_task.h"

namespace grim {

struct MlmReading {
  DocumentForm form = DocumentForm::automatic;
  MaskOptions masks;

  Options options();
  Json identity(size_t documents) const;  // as TaskSource::identity has it
};

class MlmTask : public PartTask<TextEncoder, MlmExamples> {
 public:
  // `length`: as mlm_examples has it
  MlmTask(std::unique_ptr<TextEncoder> model, std::shared_ptr<const Tokenizer> tokenizer, const std::vector<TokenDocument>& documents,
          const SplitPercent& split, const MaskOptions& masks, uint64_t seed, int64_t length = 0);
  double weight(std::span<const int64_t> rows) const override;
  double tokens_in(std::span<const int64_t> rows) const override { return static_cast<double>(train_.tokens(rows)); }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override;
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override;
  double guessing() const override;
  double baseline(const StopAsked&) const override;

 protected:
  MlmTokens tokens_;
  MaskOptions masks_;
};

}  // namespace grim
