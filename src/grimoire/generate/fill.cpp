#include "grimoire/generate/fill.h"

#include <algorithm>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/text/special_token.h"

namespace grim {

std::vector<Gap> fill(const TextEncoder& encoder, const Tokenizer& tokenizer, const std::string& text, int64_t most) {
  const NoGrad no_grad;
  if (!encoder.has(EncoderPart::masked)) fail(ErrorKind::input, "fill", "the model has no head that fills in masked words");
  const int64_t mask = needed_token(tokenizer, TokenRole::mask);
  const TokenBatch batch = encode_whole(tokenizer, text, encoder.context());
  std::vector<int64_t> places;
  for (int64_t i = 0; i < batch.tokens(); ++i)
    if (batch.ids.data<int64_t>()[i] == mask) places.push_back(i);
  const std::string word = tokenizer.token(mask);
  if (places.empty()) fail(ErrorKind::input, "fill", "there is no gap in the text", str("write {} where a word is to be found", word));
  Pass pass;
  const Tensor rows = index_select(encoder.hidden(batch, pass), 0, Tensor::from<int64_t>(places, {static_cast<int64_t>(places.size())}));
  const Tensor probabilities = softmax(encoder.masked_logits(rows), 1);  // (gaps, V)
  const int64_t V = probabilities.dim(1);
  std::vector<Gap> gaps;
  for (size_t g = 0; g < places.size(); ++g) {
    const std::vector<double> p = select(probabilities, 0, static_cast<int64_t>(g)).to_vector<double>();
    std::vector<int64_t> order(static_cast<size_t>(V));
    std::iota(order.begin(), order.end(), int64_t{0});
    const auto shown = order.begin() + std::min(most, V);
    std::partial_sort(order.begin(), shown, order.end(), [&](int64_t a, int64_t b) {
      return p[static_cast<size_t>(a)] != p[static_cast<size_t>(b)] ? p[static_cast<size_t>(a)] > p[static_cast<size_t>(b)] : a < b;
    });
    gaps.emplace_back();
    for (auto id = order.begin(); id != shown; ++id) gaps.back().words.push_back({*id, p[static_cast<size_t>(*id)]});
  }
  return gaps;
}

double probability_that_follows(const TextEncoder& encoder, const Tokenizer& tokenizer, const std::string& first, const std::string& second) {
  const NoGrad no_grad;
  if (!encoder.has(EncoderPart::next_sentence)) fail(ErrorKind::input, "follows", "the model has no head that tells what follows");
  const TokenBatch batch = encode_whole(tokenizer, first, encoder.context(), "the pair", second);
  Pass pass;
  return softmax(encoder.next_sentence_logits(encoder.hidden(batch, pass), batch), 1).at({0, 0});
}

}  // namespace grim
