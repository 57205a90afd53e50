#include "grimoire/learn/answer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <vector>

#include "grimoire/base/str.h"
#include "grimoire/learn/quantity.h"
#include "grimoire/learn/spelling.h"

namespace grim::learn {
namespace {

std::string without_marks(std::string_view text) {
  std::string bare(text);
  constexpr std::array<std::pair<const char*, const char*>, 5> kTyped = {{{"\u2019", "'"}, {"\u201C", ""}, {"\u201D", ""}, {"\u2212", "-"}, {"\u00D7", "x"}}};
  for (const auto& [from, to] : kTyped)
    for (size_t at; (at = bare.find(from)) != std::string::npos;) bare.replace(at, std::string_view(from).size(), to);
  std::string out;
  for (size_t i = 0; i < bare.size(); ++i) {
    const auto digit = [&](size_t k) { return k < bare.size() && std::isdigit(static_cast<unsigned char>(bare[k])); };
    const bool times = bare[i] == '*' && i > 0 && digit(i - 1) && digit(i + 1);
    if (times || (bare[i] != '*' && bare[i] != '`' && bare[i] != '\\' && bare[i] != '"')) out += bare[i];
  }
  return out;
}

std::string plain(std::string_view text) {
  std::string folded = folded_text(without_marks(text));
  while (!folded.empty() && (folded.back() == '.' || folded.back() == '!' || folded.back() == ' ')) folded.pop_back();
  for (const char* article : {"the ", "a ", "an "})
    if (folded.starts_with(article)) {
      folded.erase(0, std::string_view(article).size());
      break;
    }
  return folded;
}

// Parts between commas, semicolons and "and" outside brackets.
std::vector<std::string> items(std::string text) {
  for (size_t at; (at = text.find(" and ")) != std::string::npos;) text[at] = ',', text.erase(at + 1, 4);
  std::vector<std::string> parts;
  const auto add = [&](size_t begin, size_t end) {
    if (const std::string item = plain(text.substr(begin, end - begin)); !item.empty()) parts.push_back(item);
  };
  const auto digits_at = [&](size_t at) { return std::min(text.find_first_not_of("0123456789", at), text.size()) - at; };
  size_t begin = 0;
  int depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    depth += (text[at] == '(') - (text[at] == ')');
    const bool thousands = text[at] == ',' && at > 0 && digits_at(at - 1) > 0 && digits_at(at + 1) == 3;
    if (depth <= 0 && (text[at] == ',' || text[at] == ';') && !thousands) add(begin, at), begin = at + 1;
  }
  add(begin, text.size());
  return parts;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || (c & 0x80); }
bool has_digit(std::string_view text) { return std::ranges::any_of(text, [](char c) { return std::isdigit(static_cast<unsigned char>(c)); }); }
std::string first_word(std::string_view text) { return folded_text(text.substr(0, text.find_first_of(" ,;:."))); }
template <size_t N> bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// Is what stands behind a comma no further part of a list, but tells of what stands before it?
bool explains(std::string_view head, std::string_view rest) {
  constexpr auto kOpening = std::to_array<std::string_view>(
      {"which", "who", "that", "because", "since", "so", "as", "for", "not", "but", "when", "where", "if", "by", "with", "without", "against", "about",
       "over", "in", "on", "at", "from", "always", "never", "whatever", "though", "while", "roughly"});
  const std::string word = first_word(rest);
  if (is_one_of(kOpening, word)) return word != first_word(head) && (word == "always" || word == "never" || rest.find(' ') != rest.npos);
  return !rest.empty() && is_letter(rest[0]) && word != "and" && word != "or" && has_digit(head) && !has_digit(rest);
}

// Does an explanation begin at this place, with this mark?
bool ends_core(std::string_view text, size_t at) {
  const std::string_view head = text.substr(0, at), rest = text.substr(at + 1);
  const bool blank_follows = rest.empty() || rest[0] == ' ';
  switch (text[at]) {
    case ':': case ';': return blank_follows;
    case ',': return blank_follows && explains(head, trimmed(rest));
    case '.': {  // of a sentence, not of an abbreviation
      const std::string_view word = head.substr(head.find_last_of(' ') + 1);
      return rest.size() > 1 && blank_follows && std::isupper(static_cast<unsigned char>(rest[1])) && (word.size() > 3 || has_digit(word));
    }
    case ' ': return rest.starts_with("because ") || rest.starts_with("\u2013 ") || rest.starts_with("\u2014 ") ||
                     (rest.starts_with("(") && std::ranges::any_of(rest.substr(0, rest.find(')')), is_letter)) ||
                     (rest.starts_with("- ") && rest.size() > 2 && is_letter(head.back()) && is_letter(rest[2]));
    default: return false;
  }
}

// What an answer says before it explains.
std::string core_of(const std::string& answer) {
  constexpr size_t kLongest = 2000;  // of one that has a core
  int depth = 0;
  for (size_t at = 1; at < answer.size() && answer.size() <= kLongest; ++at) {
    depth += (answer[at] == '(') - (answer[at] == ')');
    if (depth <= 0 && ends_core(answer, at)) return answer.substr(0, at);
  }
  return answer;
}

std::string behind_equals(const std::string& text) {
  const size_t at = text.rfind(" = ");
  return at == std::string::npos || text.find(" or ") != std::string::npos ? text : text.substr(at + 3);
}

constexpr auto kSmallWords = std::to_array<std::string_view>(
    {"the", "a", "an", "it", "its", "they", "their", "is", "are", "was", "were", "be", "at", "in", "on", "of", "by", "to", "from", "as", "with", "and",
     "or", "about", "towards", "toward", "only", "always", "there", "this", "that", "these", "between"});

// The only word of some weight; empty: there are more.
std::string key_word(const std::string& text) {
  std::string key;
  for (std::string_view word : split(text, ' ')) {
    if (word.empty() || is_one_of(kSmallWords, word)) continue;
    if (!key.empty()) return "";
    key = word;
  }
  return key;
}

// What may be typed for the answer: all of it, what it says before it explains, the result of that, its one word.
std::vector<std::string> ways_to_say(const std::string& answer) {
  const std::string core = core_of(without_marks(answer));
  std::vector<std::string> ways = {plain(answer), plain(core), key_word(plain(core))};
  if (items(core).size() == 1) ways.push_back(plain(behind_equals(core)));
  std::erase(ways, "");
  return ways;
}

// What the core's items come to, each one's result. Nothing where numbers are a small part of what is said.
std::optional<Wording> quantities_of(const std::string& answer) {
  constexpr size_t kMostWords = 5;
  const std::string bare = without_marks(answer), core = core_of(bare);
  std::vector<std::string> said = items(core);
  if (!has_digit(core) && core.size() < bare.size()) {  // "All of it: ln 2 = .693 nats.", "All of it: 1."
    const std::string rest = plain(bare.substr(core.size() + 1));
    if (behind_equals(rest) != rest || wording(rest).words.empty()) said = {rest};
  }
  Wording all;
  for (const std::string& item : said) {
    const Wording one = wording(behind_equals(item));
    all.numbers.insert(all.numbers.end(), one.numbers.begin(), one.numbers.end());
    all.words.insert(all.words.end(), one.words.begin(), one.words.end());
  }
  return all.numbers.empty() || all.words.size() > kMostWords ? std::nullopt : std::optional(std::move(all));
}

const Judged kRight = {Grade::good, "right"}, kNo = {Grade::again, "no"}, kOtherOrder = {Grade::hard, "almost: another order"};

Judged compared(const std::vector<Quantity>& got, const std::vector<Quantity>& want, bool computed) {
  if (std::ranges::equal(got, want, same)) return kRight;
  if (got.size() != want.size()) return kNo;
  if (got.size() > 1) return std::ranges::is_permutation(got, want, same) ? kOtherOrder : kNo;
  const double off = std::abs(got[0].value - want[0].value), near = std::max(std::abs(want[0].value), 1e-12);
  if (computed) return off <= 0.01 * near ? kRight : off <= 0.1 * near ? Judged{Grade::hard, "near"} : kNo;
  return rounded(got[0], want[0]) ? Judged{Grade::hard, "almost: rounded"} : kNo;
}

// Words and signs that turn what a number says: the same ones must be typed.
std::vector<std::string> turning(const std::vector<std::string>& words) {
  constexpr auto kTurning = std::to_array<std::string_view>({"not", "no", "never", "less", "fewer", "more", "than", "most", "least", "above", "below", "under",
                                                             "over", "or", "<", ">", "*"});
  std::vector<std::string> found;
  std::ranges::copy_if(words, std::back_inserter(found), [&](const std::string& w) { return is_one_of(kTurning, w); });
  std::ranges::sort(found);
  return found;
}

// Of numbers typed alone, or with words that the answer has too. Nothing: that is not what it is about.
std::optional<Judged> judge_numbers(const std::string& got, const Card& card) {
  const std::optional<Wording> want = quantities_of(card.answer);
  if (!want) return std::nullopt;
  const std::vector<std::string> known = wording(plain(card.answer)).words;
  std::optional<Judged> best;
  for (const bool grouped : {true, false}) {
    const Wording typed = wording(items(got).size() == 1 ? behind_equals(got) : got, grouped);
    const auto fits = [&](const std::string& w) { return is_one_of(kSmallWords, w) || std::ranges::find(known, w) != known.end(); };
    if (typed.numbers.empty() || !std::ranges::all_of(typed.words, fits) || turning(typed.words) != turning(want->words)) return best;
    const Judged one = compared(typed.numbers, want->numbers, card.computed);
    if (!best || one.suggested > best->suggested) best = one;
  }
  return best;
}

bool asks_for_order(std::string_view question) {
  const std::string text = " " + folded_text(question);
  return (text.find(" order") != std::string::npos && text.find(" any order") == std::string::npos) || text.find(" respectively") != std::string::npos;
}

// Lists whose items are the same. Words may stand in any order, unless the question asks for one; what holds numbers may not.
std::optional<Judged> judge_list(const std::string& got, const std::string& want, std::string_view question) {
  std::vector<std::string> a = items(got), b = items(want);
  if (a == b) return kRight;
  const bool in_order = asks_for_order(question) || std::ranges::all_of(b, has_digit);
  std::ranges::sort(a), std::ranges::sort(b);
  return a != b ? std::nullopt : std::optional(in_order ? kOtherOrder : kRight);
}

std::string digits_in(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return std::isdigit(static_cast<unsigned char>(c)); });
  return out;
}

bool same_numbers(const std::string& a, const std::string& b) {
  const std::vector<Quantity> x = wording(a).numbers, y = wording(b).numbers;
  return digits_in(a) == digits_in(b) && (x.size() != y.size() || std::ranges::equal(x, y, same));
}

// Letters that are wrong, missing or too many; another number never is almost right.
Judged judge_letters(const std::string& got, const std::string& want) {
  const std::vector<char32_t> a = letters(got), b = letters(want);
  if (a == b) return kRight;
  const size_t most = b.size() < 4 ? 0 : std::max<size_t>(1, b.size() / 8);  // of a short word every letter counts
  if (b.size() > 2000 || a.size() > 4000 || !same_numbers(got, want)) return kNo;
  if (without_accents(a) == without_accents(b)) return {Grade::hard, "almost: accents"};
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return kNo;
  const auto off = letters_off(a, b);
  if (off && *off <= most) return {Grade::hard, *off == 1 ? "almost: one letter off" : str("almost: {} letters off", *off)};
  return kNo;
}

}  // namespace

Judged judge(std::string_view typed, const Card& card) {
  const std::string got = plain(typed);
  if (got.empty()) return {Grade::again, ""};
  const std::vector<std::string> ways = ways_to_say(card.answer);
  if (std::ranges::find(ways, got) != ways.end()) return kRight;
  Judged best = kNo;
  const auto take = [&](const Judged& one) {
    if (one.suggested > best.suggested) best = one;
  };
  if (const auto numbers = judge_numbers(got, card)) take(*numbers);
  if (const auto list = ways.empty() ? std::nullopt : judge_list(got, ways[0], card.question)) take(*list);
  for (const std::string& way : ways) take(judge_letters(got, way));
  return best;
}

}  // namespace grim::learn
