#include "grimoire/vectors/evaluate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/device/threads.h"
#include "grimoire/text/unicode.h"

namespace grim::vectors {
namespace {

constexpr int64_t kNearestLookedAt = 5;  // as gensim

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> parts;
  for (size_t i = 0; i < line.size();) {
    const size_t begin = line.find_first_not_of(" \t\r", i);
    if (begin == std::string_view::npos) break;
    i = std::min(line.find_first_of(" \t\r", begin), line.size());
    parts.push_back(line.substr(begin, i - begin));
  }
  return parts;
}

std::string capitals_of(std::string_view word) {
  std::string capitals;
  for (size_t at = 0; at < word.size();) append_upper(capitals, next_code_point(word, at));
  return capitals;
}

}  // namespace

LabelScores score_labels(const SubwordModel& model, std::string_view text, int64_t most, double threshold) {
  LabelScores scores;
  const Dictionary& d = model.dictionary();
  for (int64_t l = 0; l < d.labels(); ++l) scores.each.push_back({.label = d.label(l)});
  const std::vector<std::string_view> lines = lines_in(text);
  std::vector<std::vector<LabelProbability>> found(lines.size());
  std::vector<std::vector<int32_t>> standing(lines.size());
  constexpr int64_t kGrain = 64;
  device::parallel_for(static_cast<int64_t>(lines.size()), kGrain, [&](int64_t from, int64_t to) {
    for (auto i = static_cast<size_t>(from); i < static_cast<size_t>(to); ++i) {
      standing[i] = d.labels_of_line(lines[i]);
      if (!standing[i].empty()) found[i] = model.predict(lines[i], most, threshold);
    }
  });
  for (size_t i = 0; i < lines.size(); ++i) {
    if (standing[i].empty() || d.rows_of_line(lines[i]).empty()) {
      ++scores.left_out;
      continue;
    }
    ++scores.lines;
    for (const int32_t l : standing[i]) ++scores.each[static_cast<size_t>(l)].standing;
    for (const LabelProbability& p : found[i]) {
      LabelScore& s = scores.each[static_cast<size_t>(p.label)];
      ++s.predicted;
      s.right += std::ranges::count(standing[i], static_cast<int32_t>(p.label)) > 0;
    }
  }
  for (const LabelScore& s : scores.each) {
    scores.all.right += s.right;
    scores.all.predicted += s.predicted;
    scores.all.standing += s.standing;
  }
  return scores;
}

std::vector<AnalogyScore> score_analogies(const WordVectors& vectors, std::string_view questions, std::string_view source, int64_t most_frequent) {
  const int64_t searched = std::min(vectors.size(), most_frequent);
  std::unordered_map<std::string, int64_t> places;
  std::vector<std::string> capitals;
  for (int64_t w = 0; w < searched; ++w) {
    capitals.push_back(capitals_of(vectors.words()[static_cast<size_t>(w)]));
    places.emplace(capitals.back(), w);
  }
  // What stands nearest and is not another spelling of a word asked; when all that are looked at are such spellings, the last of them, as in gensim, which
  // is right only where the fourth word is one of the three.
  const auto answer = [&](std::span<const std::string, 4> asked) -> std::string_view {
    const auto word = [&](size_t i) -> std::string_view { return vectors.words()[static_cast<size_t>(places.at(asked[i]))]; };
    std::string_view found;
    for (const Neighbour& n : vectors.analogy(word(0), word(1), word(2), kNearestLookedAt, searched)) {
      found = capitals[static_cast<size_t>(n.word)];
      if (std::ranges::find(asked.first<3>(), found) == asked.first<3>().end()) break;
    }
    return found;
  };

  std::vector<AnalogyScore> sections;
  int64_t number = 0;
  for (const std::string_view line : lines_in(questions)) {
    ++number;
    const std::vector<std::string_view> parts = fields(line);
    if (parts.empty()) continue;
    if (parts[0].starts_with(':')) {
      sections.push_back({.section = std::string(trimmed(trimmed(line).substr(1)))});
      continue;
    }
    GRIM_CHECK(parts.size() == 4, input, "vectors", "{}: line {}: got {} words, expected four, or a line that begins with ':'", source, number, parts.size());
    if (sections.empty()) sections.push_back({.section = "all"});
    AnalogyScore& s = sections.back();
    std::array<std::string, 4> asked;
    std::ranges::transform(parts, asked.begin(), capitals_of);
    if (std::ranges::any_of(asked, [&](const std::string& w) { return !places.contains(w); })) {
      ++s.left_out;
      continue;
    }
    ++s.asked;
    s.right += answer(asked) == asked[3];
  }
  return sections;
}

PairScores score_pairs(const WordVectors& vectors, std::string_view pairs, std::string_view source) {
  PairScores scores;
  int64_t number = 0;
  const auto known = [&](std::string_view w) { return vectors.find(w) >= 0 || (vectors.model() && !vectors.model()->dictionary().rows_of(w).empty()); };
  for (const std::string_view line : lines_in(pairs)) {
    ++number;
    const std::vector<std::string_view> parts = fields(line);
    if (parts.empty() || parts[0].starts_with('#')) continue;
    double people = 0;
    const bool right = parts.size() == 3 && std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), people).ec == std::errc();
    GRIM_CHECK(right, input, "vectors", "{}: line {}: got '{}', expected two words and a number", source, number, std::string(line.substr(0, 60)));
    if (!known(parts[0]) || !known(parts[1])) {
      ++scores.left_out;
      continue;
    }
    scores.people.push_back(people);
    scores.cosine.push_back(vectors.similarity(parts[0], parts[1]));
  }
  return scores;
}

}  // namespace grim::vectors
