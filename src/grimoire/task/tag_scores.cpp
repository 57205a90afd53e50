#include "grimoire/task/tag_scores.h"

#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/text_table.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/softmax.h"

namespace grim {

int64_t TagAnswers::likeliest(int64_t word) const {
  const int64_t K = probabilities.dim(1);
  const float* const row = probabilities.data<float>() + word * K;
  return std::max_element(row, row + K) - row;
}

TagAnswers answer_words(const TextEncoder& encoder, const EncodedWords& words, const StopAsked& stop) {
  const NoGrad no_grad;
  const auto K = std::ssize(encoder.label_set().names);
  TagAnswers answers{.probabilities = Tensor::empty({words.words(), K})};
  const std::vector<int64_t> order = words.windows().by_length();
  for (const std::span<const int64_t> windows : words.windows().batches(order)) {
    if ((answers.stopped = stop && stop())) return answers;
    Pass pass = Pass::evaluation();
    const WordBatch batch = words.batch(windows);
    const Tensor hidden = index_select(encoder.hidden(batch.tokens, pass), 0, batch.firsts);
    const Tensor said = softmax(widened(encoder.token_labels(hidden, pass)), -1);
    for (size_t i = 0; i < batch.words.size(); ++i)
      std::copy_n(said.data<float>() + static_cast<int64_t>(i) * K, K, answers.probabilities.data<float>() + batch.words[i] * K);
  }
  return answers;
}

Labels tags_in(const TaggedSentences& sentences) {
  Labels set{LabelKind::one, class_names(sentences.tags)};
  GRIM_CHECK(set.names.size() > 1, input, "tags", "{}: all {} words have the tag '{}': there is nothing to tell apart", sentences.source,
             sentences.words.size(), set.names.empty() ? "" : set.names[0]);
  if (set.names.size() > std::max<size_t>(20, sentences.words.size() / 3))
    throw Error(ErrorKind::input, str("[tags] {}: {} words have {} different tags ('{}', '{}', ...): these are no tags", sentences.source,
                                      sentences.words.size(), set.names.size(), set.names[0], set.names[1]),
                "name another column: " GRIM_SETTING("label-column"));
  return set;
}

bool marks_spans(const Labels& set) {
  const auto in_span = [](const std::string& tag) {
    return tag.size() > 2 && tag[1] == '-' && std::string_view("BIESLU").find(tag[0]) != std::string_view::npos;
  };
  return std::ranges::all_of(set.names, [&](const std::string& tag) { return tag == "O" || in_span(tag); }) && std::ranges::any_of(set.names, in_span);
}

std::vector<int64_t> tag_numbers(const TaggedSentences& sentences, const Labels& set) {
  std::vector<int64_t> numbers;
  numbers.reserve(sentences.tags.size());
  for (const std::string& tag : sentences.tags) {
    const auto at = std::ranges::find(set.names, tag);
    numbers.push_back(at == set.names.end() ? -1 : at - set.names.begin());
  }
  GRIM_CHECK(std::ranges::any_of(numbers, [](int64_t n) { return n >= 0; }), input, "tags", "{}: got the tags {}, and none of them is learned: {}",
             sentences.source, first_few(class_names(sentences.tags), 8), first_few(set.names, 8));
  return numbers;
}

std::vector<Tags> said_tags(const TagAnswers& answers, const TaggedSentences& sentences, const Labels& set) {
  std::vector<Tags> said(static_cast<size_t>(sentences.sentences()));
  for (size_t s = 0; s < said.size(); ++s)
    for (int64_t w = sentences.begins[s]; w < sentences.begins[s + 1]; ++w) said[s].push_back(set.names[static_cast<size_t>(answers.likeliest(w))]);
  return said;
}

TagScores score_tags(const TagAnswers& answers, const TaggedSentences& truth, const Labels& set) {
  const auto K = std::ssize(set.names), N = std::ssize(truth.words);
  GRIM_CHECK(answers.probabilities.shape() == Shape({N, K}) && N > 0, shape, "tags", "got answers {} for {} words and {} tags", answers.probabilities.shape(),
             N, K);
  const std::vector<int64_t> right = tag_numbers(truth, set);
  TagScores s{.confusion = std::vector<double>(static_cast<size_t>(K * K))};
  for (int64_t w = 0; w < N; ++w) {
    const int64_t y = right[static_cast<size_t>(w)], said = answers.likeliest(w);
    if (y < 0) {
      ++s.unknown;
      continue;
    }
    constexpr double kLeast = 1e-15;
    s.loss -= std::log(std::max<double>(kLeast, answers.probabilities.data<float>()[w * K + y]));
    s.accuracy += said == y;
    s.confusion[static_cast<size_t>(y * K + said)] += 1;
  }
  s.loss /= static_cast<double>(N - s.unknown);
  s.accuracy /= static_cast<double>(N);
  s.score = s.accuracy;
  if (!marks_spans(set)) return s;
  std::vector<Tags> true_tags;
  for (int64_t i = 0; i < truth.sentences(); ++i) true_tags.emplace_back(truth.tags_of(i).begin(), truth.tags_of(i).end());
  s.spans = seqeval(true_tags, said_tags(answers, truth, set));
  s.score = s.spans.micro.f1;
  return s;
}

const char* tag_score_name(const Labels& set) { return marks_spans(set) ? "F1" : "accuracy"; }

}  // namespace grim
