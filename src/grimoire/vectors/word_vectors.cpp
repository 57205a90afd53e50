#include "grimoire/vectors/word_vectors.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/rows_kernel.h"

namespace grim::vectors {
namespace {

constexpr int64_t kGrain = 256;

// Scaled to length 1; 0 stays 0.
void scale_to_one(float* v, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += static_cast<double>(v[i]) * v[i];
  if (!(sum > 0)) return;
  const double by = 1 / std::sqrt(sum);
  for (int64_t i = 0; i < n; ++i) v[i] = static_cast<float>(v[i] * by);
}

Table vectors_of(const SubwordModel& model) {
  Table t(model.dictionary().words(), model.dim());
  device::parallel_for(t.rows(), kGrain, [&](int64_t from, int64_t to) {
    for (int64_t w = from; w < to; ++w) {
      const std::span<const int32_t> rows = model.dictionary().rows_of(w);
      for (const int32_t r : rows) model.input().add(r, 1, t.row(w));
      for (int64_t i = 0; i < t.dim(); ++i) t.row(w)[i] /= static_cast<float>(rows.size());
    }
  });
  return t;
}

}  // namespace

WordVectors::WordVectors(std::vector<std::string> words, Table vectors, std::string_view source) : words_(std::move(words)), table_(std::move(vectors)) {
  GRIM_CHECK(size() == table_.rows(), input, "vectors", "{}: {} words for {} vectors", source, size(), table_.rows());
  index(source);
}

WordVectors::WordVectors(std::shared_ptr<const SubwordModel> model) : table_(vectors_of(*model)), model_(std::move(model)) {
  for (int64_t w = 0; w < model_->dictionary().words(); ++w) words_.push_back(model_->dictionary().word(w));
  index("model");
}

void WordVectors::index(std::string_view source) {
  places_.reserve(words_.size());
  for (size_t i = 0; i < words_.size(); ++i)
    GRIM_CHECK(places_.emplace(words_[i], static_cast<int64_t>(i)).second, input, "vectors", "{}: the word '{}' stands there twice", source, words_[i]);
  directions_ = Table(size(), dim());
  device::parallel_for(size(), kGrain, [&](int64_t from, int64_t to) {
    for (int64_t w = from; w < to; ++w) {
      std::copy_n(table_.row(w), dim(), directions_.row(w));
      scale_to_one(directions_.row(w), dim());
    }
  });
}

int64_t WordVectors::find(std::string_view word) const {
  const auto found = places_.find(word);
  return found == places_.end() ? -1 : found->second;
}

std::vector<float> WordVectors::vector_of(std::string_view word) const {
  if (const int64_t at = find(word); at >= 0) return {table_.row(at), table_.row(at) + dim()};
  if (model_ && !model_->dictionary().rows_of(word).empty()) return model_->word_vector(word);
  constexpr size_t kLooked = 100000;  // frequent words stand first
  throw Error(ErrorKind::argument, str("[vectors] '{}' is not among the {} words, and has no n-grams with a vector", word, with_commas(size())),
              did_you_mean(word, std::span(words_).first(std::min(words_.size(), kLooked))));
}

std::vector<Neighbour> WordVectors::nearest(std::span<const float> to, int64_t most, std::span<const int64_t> without, int64_t among) const {
  GRIM_CHECK(static_cast<int64_t>(to.size()) == dim(), shape, "vectors", "got a vector of {} numbers, expected {}", to.size(), dim());
  GRIM_CHECK(most >= 1, argument, "vectors", "got {} neighbours, expected 1 or more", most);
  const int64_t searched = std::min(size(), among);
  std::vector<float> direction(to.begin(), to.end()), similar(static_cast<size_t>(searched));
  scale_to_one(direction.data(), dim());
  device::parallel_for(searched, kGrain, [&](int64_t from, int64_t end) {
    cpu::dot_rows(directions_.row(from), directions_.stride(), end - from, direction.data(), dim(), similar.data() + from);
  });
  std::vector<Neighbour> all;
  for (int64_t w = 0; w < searched; ++w)
    if (std::ranges::find(without, w) == without.end()) all.push_back({w, static_cast<double>(similar[static_cast<size_t>(w)])});
  const auto kept = std::min(all.size(), static_cast<size_t>(most));
  std::ranges::partial_sort(all, all.begin() + static_cast<int64_t>(kept), [](const Neighbour& a, const Neighbour& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.word < b.word;
  });
  all.resize(kept);
  return all;
}

std::vector<Neighbour> WordVectors::nearest(std::string_view word, int64_t most) const {
  const int64_t self[] = {find(word)};
  return nearest(vector_of(word), most, self);
}

std::vector<Neighbour> WordVectors::analogy(std::string_view a, std::string_view b, std::string_view c, int64_t most, int64_t among) const {
  std::vector<float> sum(static_cast<size_t>(dim()));
  std::vector<int64_t> asked;
  const std::pair<std::string_view, float> terms[] = {{a, -1.0f}, {b, 1.0f}, {c, 1.0f}};
  for (const auto& [word, sign] : terms) {
    std::vector<float> v = vector_of(word);
    scale_to_one(v.data(), dim());
    cpu::axpy(sign, v.data(), sum.data(), dim());
    asked.push_back(find(word));
  }
  return nearest(sum, most, asked, among);
}

double WordVectors::similarity(std::string_view a, std::string_view b) const {
  std::vector<float> va = vector_of(a), vb = vector_of(b);
  scale_to_one(va.data(), dim());
  scale_to_one(vb.data(), dim());
  return static_cast<double>(cpu::dot(va.data(), vb.data(), dim()));
}

Tensor WordVectors::embeddings(std::span<const std::string> tokens, std::vector<bool>& known) const {
  Tensor rows = Tensor::zeros(Shape{static_cast<int64_t>(tokens.size()), dim()});
  known.assign(tokens.size(), false);
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (find(tokens[i]) < 0 && !(model_ && !model_->dictionary().rows_of(tokens[i]).empty())) continue;
    const std::vector<float> v = vector_of(tokens[i]);
    std::ranges::copy(v, rows.data<float>() + static_cast<int64_t>(i) * dim());
    known[i] = true;
  }
  return rows;
}

}  // namespace grim::vectors
