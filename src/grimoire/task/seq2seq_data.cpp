#include "grimoire/task/seq2seq_data.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/split.h"
#include "grimoire/generate/greedy.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/task/part_task.h"

namespace grim {
namespace {

constexpr int64_t kBucketWidth = 5;  // tokens of a source

}  // namespace

PairExamples::PairExamples(Ids sources, Ids targets) : sources_(std::move(sources)), targets_(std::move(targets)), numbers_(sources_.size()) {
  std::iota(numbers_.begin(), numbers_.end(), int64_t{0});
}

int64_t PairExamples::target_tokens(std::span<const int64_t> rows) const {
  int64_t sum = 0;
  for (const int64_t r : rows) sum += std::ssize(targets_[static_cast<size_t>(r)]);
  return sum;
}

int64_t PairExamples::tokens(std::span<const int64_t> rows) const {
  int64_t sum = target_tokens(rows);
  for (const int64_t r : rows) sum += std::ssize(sources_[static_cast<size_t>(r)]);
  return sum;
}

int64_t PairExamples::longest() const {
  int64_t most = 0;
  for (const Ids* side : {&sources_, &targets_})
    for (const std::vector<int64_t>& text : *side) most = std::max(most, std::ssize(text));
  return most;
}

PairExamples PairExamples::part(int64_t begin, int64_t end) const {
  const auto cut = [&]<class T>(const std::vector<T>& all) { return std::vector<T>(all.begin() + begin, all.begin() + end); };
  return {cut(sources_), cut(targets_), cut(numbers_)};
}

PairExamples PairExamples::picked(const std::vector<int64_t>& rows) const { return {pick(sources_, rows), pick(targets_, rows), pick(numbers_, rows)}; }

PairExamples::Batch PairExamples::batch(std::span<const int64_t> rows) const {
  Ids sources, targets;
  for (const int64_t r : rows) {
    sources.push_back(sources_[static_cast<size_t>(r)]);
    targets.push_back(targets_[static_cast<size_t>(r)]);
  }
  return {TokenBatch::of(sources), TokenBatch::of(targets)};
}

EncodedPairs encode_pairs(const ParallelText& text, const Tokenizer& tokenizer, int64_t end, int64_t most) {
  const std::vector<Encoding> sources = encode_all(tokenizer, text.sources), targets = encode_all(tokenizer, text.targets);
  PairExamples::Ids from, to;
  std::vector<int64_t> numbers;
  EncodedPairs all;
  for (size_t i = 0; i < sources.size(); ++i) {
    std::vector<int64_t> target = targets[i].ids;
    if (target.empty() || target.back() != end) target.push_back(end);
    if (std::ssize(sources[i].ids) > most || std::ssize(target) > most || sources[i].ids.empty()) {
      ++all.left_out;
      continue;
    }
    from.push_back(sources[i].ids);
    to.push_back(std::move(target));
    numbers.push_back(static_cast<int64_t>(i));
  }
  all.pairs = {std::move(from), std::move(to), std::move(numbers)};
  return all;
}

PairEvaluation evaluate(const Seq2Seq& model, const PairExamples& examples, int64_t batches, const StopAsked& stop) {
  const NoGrad no_grad;
  PairEvaluation e;
  double sum = 0;
  std::map<int64_t, LengthBucket> buckets;
  e.stopped = each_batch(examples, batches, stop, [&](std::span<const int64_t> rows) {
    const PairExamples::Batch b = examples.batch(rows);
    Pass pass;
    const Tensor written = model.written(shifted_right(b.targets, model.start()), model.read(b.sources, pass), pass);
    const std::vector<float> nats = cross_entropy(model.logits(written), b.targets.ids, {.reduction = Reduction::none}).to_vector<float>();
    for (size_t i = 1; i < b.targets.offsets.size(); ++i) {
      const int64_t begin = b.targets.offsets[i - 1], end = b.targets.offsets[i], length = b.sources.offsets[i] - b.sources.offsets[i - 1];
      double of_text = 0;
      for (int64_t t = begin; t < end; ++t) of_text += static_cast<double>(nats[static_cast<size_t>(t)]);
      LengthBucket& own = buckets[(length - 1) / kBucketWidth];
      own.low = (length - 1) / kBucketWidth * kBucketWidth + 1;
      own.high = own.low + kBucketWidth - 1;
      ++own.pairs;
      own.tokens += end - begin;
      own.loss += of_text;
      sum += of_text;
      e.tokens += end - begin;
      ++e.pairs;
    }
  });
  e.loss = sum / static_cast<double>(std::max<int64_t>(1, e.tokens));
  for (auto& [length, bucket] : buckets) {
    bucket.loss /= static_cast<double>(bucket.tokens);
    e.buckets.push_back(bucket);
  }
  return e;
}

std::vector<std::string> write_all(const Seq2Seq& model, const Tokenizer& tokenizer, const PairExamples::Ids& sources, int64_t end, const StopAsked& stop) {
  std::vector<std::string> written;
  const int64_t most = std::min(kLongestWritten, model.decode_cache()->capacity());
  for (size_t begin = 0; begin < sources.size() && !(stop && stop()); begin += static_cast<size_t>(kTextsAtOnce)) {
    const auto some = std::span(sources).subspan(begin, std::min(static_cast<size_t>(kTextsAtOnce), sources.size() - begin));
    for (const std::vector<int64_t>& ids : write_greedily(model, TokenBatch::of(some), end, most, tokenizer.vocab_size()))
      written.push_back(well_formed(tokenizer.decode(ids)));
  }
  return written;
}

}  // namespace grim
