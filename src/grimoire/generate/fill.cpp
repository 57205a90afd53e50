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

namespace {

// Texts that were cut would be answered for another text.
TokenBatch whole(const TextEncoder& encoder, const Tokenizer& tokenizer, const std::vector<std::string>& texts, const std::vector<std::string>& pairs = {}) {
  const std::vector<Encoding> encodings = encode_all(tokenizer, texts, pairs);
  TokenBatch batch = TokenBatch::of(encodings);
  if (!encodings[0].overflowing.empty() || batch.longest() > encoder.context())
    fail(ErrorKind::input, "text", str("the text has more than {} tokens, which is all that the model reads", std::min(batch.longest(), encoder.context())),
         "give a shorter one");
  return batch;
}

}  // namespace

std::vector<Gap> fill(const TextEncoder& encoder, const Tokenizer& tokenizer, const std::string& text, int64_t most) {
  const NoGrad no_grad;
  if (!encoder.has(EncoderPart::masked)) fail(ErrorKind::input, "fill", "the model has no head that fills in masked words");
  const int64_t mask = needed_token(tokenizer, TokenRole::mask);
  const std::vector<std::string> texts = {text};
  const TokenBatch batch = whole(encoder, tokenizer, texts);
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
  const std::vector<std::string> texts = {first}, pairs = {second};
  const TokenBatch batch = whole(encoder, tokenizer, texts, pairs);
  Pass pass;
  return softmax(encoder.next_sentence_logits(encoder.hidden(batch, pass), batch), 1).at({0, 0});
}

}  // namespace grim
