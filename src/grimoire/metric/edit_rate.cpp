#include "grimoire/metric/edit_rate.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <vector>

namespace grim {
namespace {

using Words = std::vector<uint32_t>;
using WordSpan = std::span<const uint32_t>;

// Tercom's limits: words of a shift and how far it goes, cells of a row on either side of the diagonal; and sacreBLEU's, shifts tried for a line.
constexpr int64_t kMaxShiftSize = 10, kMaxShiftDistance = 50, kBeam = 25, kMaxCandidates = 1000;
constexpr int32_t kFar = 1 << 29;

enum class Edit : uint8_t { none, keep, replace, remove, insert };
struct Cell {
  int32_t cost;
  Edit edit;
};

// Levenshtein's table of hypotheses of one length against a reference, of which only a band about the diagonal is filled in and kept. Hypotheses differ
// by shifts: rows before the first word that changed stay as they are.
class EditTable {
 public:
  EditTable(WordSpan reference, size_t hypothesis_length)
      : reference_(reference), n_(hypothesis_length), ratio_(static_cast<double>(reference.size()) / static_cast<double>(n_)),
        // Where lengths differ a lot, bands of neighbouring rows would not touch.
        beam_(kBeam < ratio_ / 2 ? static_cast<int64_t>(std::ceil(ratio_ / 2 + kBeam)) : kBeam), width_(2 * beam_ + 1),
        cells_(n_ * static_cast<size_t>(width_), Cell{kFar, Edit::none}), current_(n_) {}

  int32_t distance(WordSpan hypothesis) {
    size_t same = 0;
    while (same < filled_ && hypothesis[same] == current_[same]) ++same;
    for (size_t i = same + 1; i <= n_; ++i) fill_row(i, hypothesis[i - 1]);
    std::ranges::copy(hypothesis, current_.begin());
    filled_ = n_;
    return at(n_, static_cast<int64_t>(reference_.size())).cost;
  }
  Edit edit(size_t i, size_t j) const { return at(i, static_cast<int64_t>(j)).edit; }

 private:
  int64_t diagonal(size_t i) const { return static_cast<int64_t>(std::floor(static_cast<double>(i) * ratio_)); }
  int64_t first(size_t i) const { return std::max<int64_t>(0, diagonal(i) - beam_); }
  Cell at(size_t i, int64_t j) const {
    if (i == 0) return {static_cast<int32_t>(j), Edit::insert};
    const int64_t in_band = j - first(i);
    return in_band < 0 || in_band >= width_ ? Cell{kFar, Edit::none} : cells_[(i - 1) * static_cast<size_t>(width_) + static_cast<size_t>(in_band)];
  }

  void fill_row(size_t i, uint32_t word) {
    const auto columns = static_cast<int64_t>(reference_.size()) + 1;
    const int64_t begin = first(i), end = i == n_ ? columns : std::min(columns, diagonal(i) + beam_);
    Cell* const row = &cells_[(i - 1) * static_cast<size_t>(width_)];
    Cell left{kFar, Edit::none}, corner = begin > 0 ? at(i - 1, begin - 1) : left;
    for (int64_t j = begin; j < end; ++j) {
      const Cell above = at(i - 1, j);
      Cell best{kFar, Edit::none};
      const auto offer = [&best](int32_t cost, Edit edit) {
        if (cost < best.cost) best = {cost, edit};
      };
      if (j == 0) {
        best = {above.cost + 1, Edit::remove};
      } else {
        const bool same = word == reference_[static_cast<size_t>(j - 1)];
        offer(corner.cost + (same ? 0 : 1), same ? Edit::keep : Edit::replace);
        offer(above.cost + 1, Edit::remove);
        offer(left.cost + 1, Edit::insert);
      }
      row[j - begin] = best;
      left = best;
      corner = above;
    }
  }

  WordSpan reference_;
  size_t n_;
  double ratio_;  // of the lengths: the slope of the diagonal
  int64_t beam_, width_;
  std::vector<Cell> cells_;  // (n, width): row i holds columns first(i) and on of hypotheses' first i words
  Words current_;
  size_t filled_ = 0;
};

// Which place of the hypothesis stands beside each word of the reference, -1 before the first, and who has an error there.
struct Alignment {
  std::vector<int64_t> place;
  std::vector<char> hypothesis_wrong, reference_wrong;
};
Alignment alignment_of(const EditTable& table, size_t n, size_t m) {
  Alignment a{std::vector<int64_t>(m), std::vector<char>(n), std::vector<char>(m)};
  for (size_t i = n, j = m; i > 0 || j > 0;) {
    const Edit e = table.edit(i, j);
    const bool wrong = e != Edit::keep;
    if (e != Edit::insert) a.hypothesis_wrong[i - 1] = wrong;
    if (e != Edit::remove) a.reference_wrong[j - 1] = wrong, a.place[j - 1] = static_cast<int64_t>(i) - 1;
    i -= e != Edit::insert;
    j -= e != Edit::remove;
  }
  return a;
}

struct Shift {
  int64_t start, length, target;
};
// Tercom's three cases: the target lies before the run, behind it, or inside.
void shifted(WordSpan words, Shift s, Words& out) {
  out.clear();
  const auto add = [&](int64_t from, int64_t to) {
    const auto size = static_cast<int64_t>(words.size());
    from = std::min(from, size), to = std::min(to, size);
    if (from < to) out.insert(out.end(), words.begin() + from, words.begin() + to);
  };
  const int64_t end = s.start + s.length, size = static_cast<int64_t>(words.size());
  if (s.target < s.start) {
    add(0, s.target), add(s.start, end), add(s.target, s.start), add(end, size);
  } else if (s.target > end) {
    add(0, s.start), add(end, s.target), add(s.start, end), add(s.target, size);
  } else {
    add(0, s.start), add(end, s.length + s.target), add(s.start, end), add(s.length + s.target, size);
  }
}

// The shift that saves most; of equals the longest, then the first, then the one that goes least far.
class ShiftSearch {
 public:
  ShiftSearch(EditTable& table, WordSpan words, WordSpan reference) : table_(table), words_(words), reference_(reference) {
    before_ = table.distance(words);
    alignment_ = alignment_of(table, words.size(), reference.size());
  }

  void run(int64_t& candidates) {
    const auto n = static_cast<int64_t>(words_.size()), m = static_cast<int64_t>(reference_.size());
    for (int64_t h = 0; h < n; ++h)
      for (int64_t r = std::max<int64_t>(0, h - kMaxShiftDistance); r < std::min(m, h + kMaxShiftDistance + 1); ++r)
        for (int64_t length = 1; length <= kMaxShiftSize && h + length <= n && r + length <= m; ++length) {
          if (words_[static_cast<size_t>(h + length - 1)] != reference_[static_cast<size_t>(r + length - 1)]) break;
          if (!tries(h, r, length, candidates)) continue;
          if (candidates >= kMaxCandidates) return;
        }
  }

  int64_t saved = 0;
  Words best;  // empty: there is none

 private:
  // Every place beside the run's reference words that the alignment names. Is it worth trying at all?
  bool tries(int64_t h, int64_t r, int64_t length, int64_t& candidates) {
    const auto any = [](const std::vector<char>& wrong, int64_t at, int64_t n) {
      return std::ranges::any_of(std::span(wrong).subspan(static_cast<size_t>(at), static_cast<size_t>(n)), [](char w) { return w != 0; });
    };
    if (!any(alignment_.hypothesis_wrong, h, length) || !any(alignment_.reference_wrong, r, length)) return false;
    const int64_t now = alignment_.place[static_cast<size_t>(r)];
    if (now >= h && now < h + length) return false;
    int64_t tried = -1;
    for (int64_t at = r - 1; at < r + length; ++at) {
      const int64_t target = at < 0 ? 0 : alignment_.place[static_cast<size_t>(at)] + 1;
      if (target == tried) continue;
      tried = target;
      shifted(words_, {h, length, target}, moved_);
      const int64_t saves = before_ - table_.distance(moved_);
      ++candidates;
      const auto rank = std::tuple(saves, length, -h, -target);
      if (best.empty() || rank > rank_) rank_ = rank, saved = saves, best = moved_;
    }
    return true;
  }

  EditTable& table_;
  WordSpan words_, reference_;
  int64_t before_;
  Alignment alignment_;
  std::tuple<int64_t, int64_t, int64_t, int64_t> rank_;
  Words moved_;
};

}  // namespace

int64_t translation_edits(WordSpan hypothesis, WordSpan reference) {
  if (reference.empty()) return static_cast<int64_t>(hypothesis.size());
  if (hypothesis.empty()) return static_cast<int64_t>(reference.size());
  EditTable table(reference, hypothesis.size());
  Words words(hypothesis.begin(), hypothesis.end());
  int64_t shifts = 0;
  for (int64_t candidates = 0;;) {
    ShiftSearch search(table, words, reference);
    search.run(candidates);
    if (candidates >= kMaxCandidates || search.best.empty() || search.saved <= 0) break;
    words = search.best;
    ++shifts;
  }
  return shifts + table.distance(words);
}

}  // namespace grim
