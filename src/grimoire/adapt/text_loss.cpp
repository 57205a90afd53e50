#include "grimoire/adapt/text_loss.h"

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/train/rolling.h"

namespace grim {

TextLoss::TextLoss(const std::string& path, const CausalLm& like, const Tokenizer& tokenizer, int64_t tokens) : path_(path), context_(like.context()) {
  const bool items = tokenizer.boundary().has_value();
  const Corpus corpus = load_corpus(path, items ? CorpusFormat::lines : CorpusFormat::text);
  if (!items && like.reading() == Reading::sequence) {
    ids_ = running_ids(corpus, tokenizer, tokens);
    check_rolling(like, ids_, context_, context_);
    part_ = LmPart::of_text(ids_, like.reading(), std::min<int64_t>(context_, std::ssize(ids_) - 1));
  } else {
    part_ = make_lm_part(corpus, tokenizer, like.reading(), context_);
  }
}

double TextLoss::of(const CausalLm& model) const {
  const Evaluation e = ids_.empty() ? evaluate(model, part_) : evaluate_rolling(model, ids_, context_, context_);
  if (!std::isfinite(e.nll_nats)) fail(ErrorKind::numeric, "loss", str("{}: the loss is {}", path_, e.nll_nats), "the weights are too large to compute with");
  return e.nll_nats;
}

std::pair<Tensor, Tensor> TextLoss::drawn(Rng& rng, int64_t rows) const {
  std::vector<int64_t> which;
  for (int64_t i = 0; i < rows; ++i) which.push_back(rng.randint(0, part_.rows()));
  const Examples e = part_.take(which);
  return {e.x, e.y};
}

}  // namespace grim
