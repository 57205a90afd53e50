#include "grimoire/learn/reworded.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

constexpr size_t kMostCompared = 20;  // cards of one answer on either side: of more nobody can tell
constexpr size_t kLongest = 1000;     // of a text that is compared letter by letter

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || (c & 0x80); }

// Without punctuation and Markdown's marks, which change no meaning; a point before a digit is part of a number.
std::string bare(std::string_view text) {
  const std::string folded = folded_text(text);
  std::string out;
  for (size_t i = 0; i < folded.size(); ++i) {
    const bool number = folded[i] == '.' && i + 1 < folded.size() && std::isdigit(static_cast<unsigned char>(folded[i + 1]));
    if (number || std::string_view(".,;:?!'\"`*").find(folded[i]) == std::string_view::npos) out += folded[i];
  }
  return folded_text(out);
}

std::string digits_and_signs(const std::string& bare_text) {
  std::string out;
  std::ranges::copy_if(bare_text, std::back_inserter(out), [](char c) { return !is_letter(c) && c != ' '; });
  return out;
}

// Do few cards have this text in common?
bool tells(std::string_view text) {
  constexpr std::array kShared = {"true", "false", "both", "none", "neither", "never", "always", "nothing"};
  const std::string plain = bare(text);
  return std::ranges::count_if(plain, is_letter) >= 4 && std::ranges::find(kShared, plain) == kShared.end();
}

bool misspelt(const std::string& a, const std::string& b) {
  const size_t least = std::min(a.size(), b.size()), most = std::max<size_t>(1, least / 10);
  if (std::max(a.size(), b.size()) - least > most || least > kLongest || digits_and_signs(a) != digits_and_signs(b)) return false;
  return edit_distance(a, b) <= most;
}

class Pairing {
 public:
  Pairing(std::span<const GoneCard> gone, std::span<const Card* const> fresh) : gone_(gone), fresh_(fresh), went_(gone.size()), came_(fresh.size()) {}

  std::vector<Reworded> run() {
    equal();
    const auto by_answer = alike([](const GoneCard& c) { return c.answer; }, [](const Card& c) { return folded_text(c.answer); });
    for (const auto& a : by_answer) near(a, &GoneCard::question, &Card::question, tells(gone_[a.gone[0]].answer));
    const auto by_question = alike([](const GoneCard& c) { return folded_text(c.question); }, [](const Card& c) { return folded_text(c.question); });
    for (const auto& a : by_question) near(a, &GoneCard::answer, &Card::answer, tells(gone_[a.gone[0]].question));
    for (const auto& a : by_answer) guess(a);
    std::ranges::sort(pairs_, {}, &Reworded::fresh);
    return std::move(pairs_);
  }

 private:
  struct Alike {
    std::vector<size_t> gone, fresh;  // that have a text in common
  };

  void pair(size_t g, size_t f, bool sure) {
    went_[g] = came_[f] = true;
    pairs_.push_back({g, f, sure});
  }

  void equal() {
    std::unordered_map<std::string, size_t> places;
    for (size_t g = 0; g < gone_.size(); ++g) places.emplace(folded_text(gone_[g].question) + "\n" + gone_[g].answer, g);
    for (size_t f = 0; f < fresh_.size(); ++f) {
      const auto found = places.find(folded_text(fresh_[f]->question) + "\n" + folded_text(fresh_[f]->answer));
      if (found != places.end() && !went_[found->second]) pair(found->second, f, true);
    }
  }

  template <class OfGone, class OfFresh> std::vector<Alike> alike(OfGone of_gone, OfFresh of_fresh) const {
    std::unordered_map<std::string, Alike> all;
    for (size_t g = 0; g < gone_.size(); ++g)
      if (!went_[g]) all[of_gone(gone_[g])].gone.push_back(g);
    for (size_t f = 0; f < fresh_.size(); ++f)
      if (const auto found = came_[f] ? all.end() : all.find(of_fresh(*fresh_[f])); found != all.end()) found->second.fresh.push_back(f);
    std::vector<Alike> both;
    for (auto& [text, a] : all)
      if (!a.fresh.empty() && a.gone.size() <= kMostCompared && a.fresh.size() <= kMostCompared) both.push_back(std::move(a));
    return both;
  }

  void near(const Alike& a, std::string GoneCard::*of_gone, std::string Card::*of_fresh, bool common_tells) {
    std::vector<std::pair<size_t, size_t>> found;
    for (size_t g : a.gone)
      for (size_t f : a.fresh) {
        if (went_[g] || came_[f]) continue;
        const std::string x = bare(gone_[g].*of_gone), y = bare(fresh_[f]->*of_fresh);
        if ((x == y && !x.empty()) || (common_tells && misspelt(x, y))) found.emplace_back(g, f);
      }
    for (const auto& [g, f] : found) {
      const auto rival = [&, g = g, f = f](const auto& other) { return (other.first == g) != (other.second == f); };
      if (std::ranges::none_of(found, rival)) pair(g, f, true);
    }
  }

  void guess(const Alike& a) {
    for (size_t f : a.fresh) {
      if (came_[f]) continue;
      size_t best = SIZE_MAX, least = SIZE_MAX;
      for (size_t g : a.gone) {
        if (went_[g]) continue;
        const size_t off = edit_distance(gone_[g].question.substr(0, kLongest), fresh_[f]->question.substr(0, kLongest));
        if (off < least) best = g, least = off;
      }
      if (best != SIZE_MAX) pair(best, f, false);
    }
  }

  std::span<const GoneCard> gone_;
  std::span<const Card* const> fresh_;
  std::vector<bool> went_, came_;
  std::vector<Reworded> pairs_;
};

}  // namespace

std::vector<Reworded> reworded(std::span<const GoneCard> gone, std::span<const Card* const> fresh) { return Pairing(gone, fresh).run(); }

}  // namespace grim::learn
