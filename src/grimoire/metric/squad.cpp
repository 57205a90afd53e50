#include "grimoire/metric/squad.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/metric/plain_text.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

bool is_article(std::string_view word) { return word == "a" || word == "an" || word == "the"; }
bool is_word_character(char32_t c) { return class_of(c).letter() || class_of(c).number(); }  // \w of Python, but for _, which is punctuation

// Right answers that say something; of a question without any, the one right answer is none (2.0).
std::vector<std::string> wanted(const Question& q) {
  std::vector<std::string> right;
  for (const std::string& r : q.right)
    if (!normalized_answer(r).empty()) right.push_back(r);
  if (right.empty()) right.emplace_back();
  return right;
}
bool has_answer(const Question& q) { return !q.right.empty(); }

struct Raw {
  double exact, f1;
};
Raw raw_scores(const Question& q, SquadVersion version) {
  Raw best{0, 0};
  for (const std::string& right : version == SquadVersion::v2 ? wanted(q) : q.right) {
    best.exact = std::max(best.exact, same_answer(q.given, right) ? 1.0 : 0.0);
    best.f1 = std::max(best.f1, answer_f1(q.given, right, version == SquadVersion::v2 ? EmptyAnswers::match : EmptyAnswers::never_match));
  }
  return best;
}

class Mean {
 public:
  void add(Raw r) { exact_ += r.exact, f1_ += r.f1, ++n_; }
  bool empty() const { return n_ == 0; }
  AnswerScores scores() const {
    const auto n = static_cast<double>(n_);
    return n_ ? AnswerScores{100 * exact_ / n, 100 * f1_ / n, n_} : AnswerScores{};
  }

 private:
  double exact_ = 0, f1_ = 0;
  int64_t n_ = 0;
};

using Judge = std::function<Raw(const Question&)>;
SquadScores summed(std::span<const Question> questions, SquadVersion version, const Judge& judge) {
  GRIM_CHECK(!questions.empty(), argument, "squad", "got no question, expected one or more");
  SquadScores s;
  Mean all, with, without;
  for (const Question& q : questions) {
    s.unanswered += !q.answered;
    if (!q.answered && version == SquadVersion::v2) continue;
    const Raw r = q.answered ? judge(q) : Raw{0, 0};
    all.add(r);
    (has_answer(q) ? with : without).add(r);
  }
  s.all = all.scores();
  if (version == SquadVersion::v1) return s;
  if (!with.empty()) s.with_answer = with.scores();
  if (!without.empty()) s.without_answer = without.scores();
  return s;
}

// From 'no answer' everywhere, whose sum is given, to none: questions join by how sure they are of an answer, and the best sum on the way is kept.
BestThreshold best_of(std::span<const Question> questions, const std::vector<double>& raw, double sum) {
  std::vector<size_t> order(questions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return questions[i].no_answer; });
  double best = sum, threshold = 0;
  for (size_t i : order) {
    const Question& q = questions[i];
    sum += has_answer(q) ? raw[i] : q.given.empty() ? 0 : -1;
    if (sum > best) best = sum, threshold = q.no_answer;
  }
  return {100 * best / static_cast<double>(questions.size()), threshold};
}

}  // namespace

std::string normalized_answer(std::string_view text) {
  std::string bare;
  for (char c : lower_case(text))
    if (!is_ascii_punctuation(static_cast<unsigned char>(c))) bare += c;
  // Articles go where they stand between characters that are of no word: each leaves a blank.
  std::string kept;
  for (size_t at = 0; at < bare.size();) {
    size_t end = at, next = at;
    while (end < bare.size() && is_word_character(next_code_point(bare, next))) end = next;
    const std::string_view word = std::string_view(bare).substr(at, end - at);
    if (is_article(word)) kept += ' ';
    else kept += word;
    if (end < bare.size()) {
      next = end;
      next_code_point(bare, next);
      kept += bare.substr(end, next - end);
      end = next;
    }
    at = end;
  }
  std::string out;
  for (std::string_view word : blank_separated(kept)) out += word, out += ' ';
  if (!out.empty()) out.pop_back();
  return out;
}

bool same_answer(std::string_view given, std::string_view right) { return normalized_answer(given) == normalized_answer(right); }

double answer_f1(std::string_view given, std::string_view right, EmptyAnswers empty) {
  const std::string a = normalized_answer(given), b = normalized_answer(right);
  const std::vector<std::string_view> said = blank_separated(a), wanted_words = blank_separated(b);
  if (empty == EmptyAnswers::match && (said.empty() || wanted_words.empty())) return said.empty() && wanted_words.empty() ? 1 : 0;
  std::map<std::string_view, int64_t> left;
  for (std::string_view w : wanted_words) ++left[w];
  double same = 0;
  for (std::string_view w : said)
    if (const auto found = left.find(w); found != left.end() && found->second-- > 0) ++same;
  if (same == 0) return 0;
  const double precision = same / static_cast<double>(said.size()), recall = same / static_cast<double>(wanted_words.size());
  return 2 * precision * recall / (precision + recall);
}

SquadScores squad(std::span<const Question> questions, SquadVersion version) {
  return summed(questions, version, [version](const Question& q) { return raw_scores(q, version); });
}

SquadScores squad_at(std::span<const Question> questions, double threshold) {
  return summed(questions, SquadVersion::v2, [threshold](const Question& q) {
    if (q.no_answer <= threshold) return raw_scores(q, SquadVersion::v2);
    const double right = has_answer(q) ? 0 : 1;
    return Raw{right, right};
  });
}

BestThresholds best_thresholds(std::span<const Question> given) {
  GRIM_CHECK(!given.empty(), argument, "squad", "got no question, expected one or more");
  std::vector<Question> questions;
  for (const Question& q : given)
    if (q.answered) questions.push_back(q);
  GRIM_CHECK(!questions.empty(), argument, "squad", "none of the {} questions is answered", given.size());
  std::vector<double> exact, f1;
  for (const Question& q : questions) {
    const Raw r = raw_scores(q, SquadVersion::v2);
    exact.push_back(r.exact), f1.push_back(r.f1);
  }
  const auto none = static_cast<double>(std::ranges::count_if(given, [](const Question& q) { return !has_answer(q); }));
  return {best_of(questions, exact, none), best_of(questions, f1, none)};
}

void set_parts(Json& result, const SquadScores& scores) {
  const auto set = [&](const char* key, const std::optional<AnswerScores>& part) {
    if (!part) return;
    result.set(str("{}_exact", key), part->exact);
    result.set(str("{}_f1", key), part->f1);
    result.set(str("{}_total", key), part->questions);
  };
  set("HasAns", scores.with_answer);
  set("NoAns", scores.without_answer);
}

void set_thresholds(Json& result, const BestThresholds& best) {
  result.set("best_exact", best.exact.score);
  result.set("best_exact_thresh", best.exact.threshold);
  result.set("best_f1", best.f1.score);
  result.set("best_f1_thresh", best.f1.threshold);
}

}  // namespace grim
