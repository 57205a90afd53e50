#include "grimoire/text/train_unigram.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/piece_trie.h"
#include "grimoire/text/repeats.h"

namespace grim {
namespace {

constexpr double kUnknownPenalty = 10;    // below the lowest score
constexpr double kLeastExpected = 0.5;    // a piece that is expected less often is dropped
constexpr size_t kUnknown = 0;            // the piece of a character that has none

// The different words in code points, a 0 behind each.
struct Rows {
  std::vector<char32_t> text;
  std::vector<uint32_t> begins;
  std::vector<double> counts;

  explicit Rows(const WordCounts& words) {
    for (const int64_t i : words.by_bytes()) {
      begins.push_back(static_cast<uint32_t>(text.size()));
      counts.push_back(static_cast<double>(words.count(i)));
      for (size_t at = 0; at < words.word(i).size();)
        if (const char32_t c = next_code_point(words.word(i), at); c != 0) text.push_back(c);
      text.push_back(0);
    }
  }
  template <class F> void each(F&& f) const {  // f(text, length, count)
    for (size_t i = 0; i < begins.size(); ++i) {
      const size_t end = i + 1 < begins.size() ? begins[i + 1] : text.size();
      f(text.data() + begins[i], static_cast<uint32_t>(end - begins[i] - 1), counts[i]);
    }
  }
};

struct Piece {
  uint32_t begin, length;  // in Rows::text
  double score;            // a log probability
  uint32_t place = 0;      // in the order of their texts
};
using Pieces = std::vector<Piece>;  // the first is the unknown one, without a text

// psi(x), the derivative of log Gamma(x): up to 7 by psi(x) = psi(x + 1) - 1 / x, then by its series at x - 1/2.
double digamma(double x) {
  double sum = 0;
  for (; x < 7; ++x) sum -= 1 / x;
  x -= 0.5;
  const double y = 1 / (x * x);
  return sum + std::log(x) + y / 24 - 7.0 / 960 * y * y + 31.0 / 8064 * y * y * y - 127.0 / 30720 * y * y * y * y;
}

// --- seeds -----------------------------------------------------------------------------------------------------------------

std::u32string_view text_of(const Rows& rows, const Piece& p) { return {rows.text.data() + p.begin, p.length}; }

// The characters, by how often they occur.
Pieces character_pieces(const Rows& rows) {
  std::unordered_map<char32_t, Piece> found;
  rows.each([&](const char32_t* text, uint32_t length, double count) {
    for (uint32_t i = 0; i < length; ++i)
      found.try_emplace(text[i], Piece{static_cast<uint32_t>(text + i - rows.text.data()), 1, 0}).first->second.score += count;
  });
  Pieces pieces;
  for (const auto& [c, p] : found) pieces.push_back(p);
  std::ranges::sort(pieces, std::greater<>(), [&](const Piece& p) { return std::pair(p.score, text_of(rows, p)); });
  return pieces;
}

// Characters, then repeated substrings by the characters that they cover, counted once a different word.
Pieces seed_pieces(const Rows& rows, const UnigramTraining& training) {
  Pieces seeds = character_pieces(rows), longer;
  for (const Repeat& r : repeats_in(rows.text, static_cast<uint32_t>(training.max_piece_length)))
    longer.push_back({r.begin, r.length, static_cast<double>(r.count * r.length)});
  std::ranges::sort(longer, std::greater<>(), [&](const Piece& p) { return std::pair(p.score, text_of(rows, p)); });
  const size_t most = std::max(static_cast<size_t>(training.seed_size), seeds.size() + 1) - seeds.size();
  longer.resize(std::min(longer.size(), most));
  seeds.insert(seeds.end(), longer.begin(), longer.end());
  double sum = 0;
  for (const Piece& p : seeds) sum += p.score;
  for (Piece& p : seeds) p.score = std::log(p.score) - std::log(sum);
  std::vector<uint32_t> order(seeds.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](uint32_t i) { return text_of(rows, seeds[i]); });
  for (uint32_t place = 0; place < order.size(); ++place) seeds[order[place]].place = place;
  seeds.insert(seeds.begin(), Piece{0, 0, NAN});
  return seeds;
}

// --- the model of a round ----------------------------------------------------------------------------------------------------

class Model {
 public:
  Model(const Rows& rows, const Pieces& pieces) : pieces_(pieces), trie_(trie_of(rows, pieces)) {
    for (size_t i = 1; i < pieces.size(); ++i) min_score_ = std::min(min_score_, pieces[i].score);
  }
  double min_score() const { return min_score_; }
  double score(size_t id) const { return id == kUnknown ? min_score_ - kUnknownPenalty : pieces_[id].score; }

  // f(end, id) for the pieces that begin at `at`; a character that is no piece is an unknown one.
  template <class F> void each_from(const char32_t* text, uint32_t at, uint32_t length, F&& f) const {
    bool single = false;
    trie_.each_prefix(text + at, [&](uint32_t n, int32_t id) {
      if (at + n > length) return;
      single |= n == 1;
      f(at + n, static_cast<size_t>(id));
    });
    if (!single) f(at + 1, kUnknown);
  }

 private:
  static PieceTrie trie_of(const Rows& rows, const Pieces& pieces) {
    std::vector<uint32_t> ids(pieces.size() - 1);
    std::iota(ids.begin(), ids.end(), 1u);
    std::ranges::sort(ids, {}, [&](uint32_t id) { return pieces[id].place; });
    std::vector<PieceTrie::Piece> sorted;
    for (const uint32_t id : ids) sorted.push_back({rows.text.data() + pieces[id].begin, pieces[id].length, static_cast<int32_t>(id)});
    return PieceTrie(sorted);
  }
  const Pieces& pieces_;
  PieceTrie trie_;
  double min_score_ = INFINITY;
};

// --- estimation ----------------------------------------------------------------------------------------------------------------

// m 2^(256 e): a probability that may be too small for a double.
struct Scaled {
  double m = 0;
  int e = 0;

  Scaled times(double p) const { return {m * p, e}; }
  void add(Scaled x) {
    if (e == x.e) m += x.m;
    else if (m == 0 || x.e > e) *this = {x.m + std::ldexp(m, 256 * (e - x.e)), x.e};
    else m += std::ldexp(x.m, 256 * (x.e - e));
  }
  void normalize() {
    for (; m > 0 && m < 0x1p-256; --e) m *= 0x1p256;
  }
};

// How often each piece is expected, given the scores: the sum over words w, and over pieces x of w from i to j, of
//   count(w) alpha(i) p(x) beta(j) / alpha(|w|),
// alpha(j) = sum over pieces from i to j of alpha(i) p(x): the probability of what stands before j, however it is cut; beta: of what stands behind.
class Expectation {
 public:
  Expectation(const Model& model, size_t pieces) : model_(model), expected_(pieces), p_(pieces) {
    for (size_t id = 0; id < pieces; ++id) p_[id] = std::exp(model.score(id));
  }
  void add(const char32_t* text, uint32_t length, double count) {
    edges_.clear();
    alpha_.assign(length + 1, {});
    beta_.assign(length + 1, {});
    alpha_[0] = beta_[length] = {1, 0};
    for (uint32_t at = 0; at < length; ++at) {
      alpha_[at].normalize();
      model_.each_from(text, at, length, [&](uint32_t end, size_t id) {
        alpha_[end].add(alpha_[at].times(p_[id]));
        edges_.push_back({at, end, static_cast<uint32_t>(id)});
      });
    }
    alpha_[length].normalize();
    const Scaled all = alpha_[length];
    uint32_t last = length;
    for (size_t i = edges_.size(); i-- > 0;) {
      const auto [begin, end, id] = edges_[i];
      if (begin != last) beta_[last].normalize();
      last = begin;
      const Scaled rest = beta_[end].times(p_[id]);
      const double share = alpha_[begin].m * rest.m / all.m;
      const int e = alpha_[begin].e + rest.e - all.e;
      expected_[id] += count * (e == 0 ? share : std::ldexp(share, 256 * e));
      beta_[begin].add(rest);
    }
  }
  const std::vector<double>& expected() const { return expected_; }

 private:
  struct Edge {
    uint32_t begin, end, id;
  };
  const Model& model_;
  std::vector<double> expected_, p_;
  std::vector<Edge> edges_;
  std::vector<Scaled> alpha_, beta_;
};

// The pieces that are expected often enough. Their scores are not log(n / sum n) but psi(n) - psi(sum n), the mean of a log probability under a Dirichlet
// distribution: a prior that prefers few pieces (Liang, Klein 2007, "Structured Bayesian nonparametric models with variational inference").
Pieces maximized(const Pieces& pieces, const std::vector<double>& expected) {
  Pieces kept = {pieces[kUnknown]};
  double sum = 0;
  for (size_t id = 1; id < pieces.size(); ++id) {
    if (expected[id] < kLeastExpected) continue;
    kept.push_back(pieces[id]);
    kept.back().score = expected[id];
    sum += expected[id];
  }
  for (size_t i = 1; i < kept.size(); ++i) kept[i].score = digamma(kept[i].score) - digamma(sum);
  return kept;
}

// --- pruning -----------------------------------------------------------------------------------------------------------------

// Viterbi's best way through a text; of equally good ones that of the longer last piece.
class BestPath {
 public:
  explicit BestPath(const Model& model) : model_(model) {}
  // Ids from the last piece to the first, and their score. Without `whole`: no piece that is the whole text; false when there is no way then.
  bool find(const char32_t* text, uint32_t length, bool whole) {
    places_.assign(length + 1, {-INFINITY, 0, 0});
    places_[0].score = 0;
    for (uint32_t at = 0; at < length; ++at)
      model_.each_from(text, at, length, [&](uint32_t end, size_t id) {
        if (!whole && at == 0 && end == length) return;
        const double score = places_[at].score + model_.score(id);
        if (score > places_[end].score) places_[end] = {score, at, id};
      });
    ids_.clear();
    if (places_[length].score == -INFINITY) return false;
    for (uint32_t at = length; at > 0; at = places_[at].from) ids_.push_back(places_[at].id);
    return true;
  }
  const std::vector<size_t>& ids() const { return ids_; }
  double score() const { return places_.back().score; }

 private:
  struct Place {
    double score;
    uint32_t from;
    size_t id;
  };
  const Model& model_;
  std::vector<Place> places_;
  std::vector<size_t> ids_;
};

// Drops the pieces that are missed least. Without a piece each of its n places is cut the next best way, into k pieces, and so, about, the log
// likelihood loses
//   n (log n / N  -  sum over those pieces y of log (n_y + n) / (N + n (k - 1))),   N: all pieces in the best cuts of the words, n_y of them y.
// What cannot be cut another way stays, and what another way beats goes when no word needs it.
Pieces pruned(const Rows& rows, const Model& model, const Pieces& pieces, const UnigramTraining& training) {
  BestPath path(model);
  std::vector<double> n(pieces.size());
  double all_words = 0;
  rows.each([&](const char32_t* text, uint32_t length, double count) {
    path.find(text, length, true);
    all_words += count;
    for (const size_t id : path.ids()) n[id] += count;
  });
  const double N = std::accumulate(n.begin(), n.end(), 0.0);
  Pieces kept = {pieces[kUnknown]};
  std::vector<std::pair<double, size_t>> candidates;  // what is lost without it, and its id
  for (size_t id = 1; id < pieces.size(); ++id) {
    const bool other = path.find(rows.text.data() + pieces[id].begin, pieces[id].length, false);
    const bool beaten = other && path.score() > pieces[id].score;
    if (!other || beaten) {
      if (!beaten || n[id] > 0) kept.push_back(pieces[id]);
      continue;
    }
    if (n[id] == 0) continue;
    double other_way = 0;
    for (const size_t y : path.ids()) other_way += std::log(n[y] + n[id]) - std::log(N + n[id] * static_cast<double>(path.ids().size() - 1));
    candidates.emplace_back(n[id] / all_words * (std::log(n[id]) - std::log(N) - other_way), id);
  }
  const size_t wanted = static_cast<size_t>(training.vocab_size) * 11 / 10;
  const size_t size = std::max(wanted, static_cast<size_t>(static_cast<double>(pieces.size()) * training.shrinking_factor));
  std::ranges::stable_sort(candidates, std::greater<>(), &std::pair<double, size_t>::first);
  for (size_t i = 0; i < candidates.size() && kept.size() < size; ++i) kept.push_back(pieces[candidates[i].second]);
  return kept;
}

// --- the end -----------------------------------------------------------------------------------------------------------------

std::string in_utf8(std::u32string_view text) {
  std::string s;
  for (const char32_t c : text) append_utf8(s, c);
  return s;
}

// Every character that the words hold becomes a piece, and pieces of the last round fill what is left.
TrainedUnigram finished(const Rows& rows, const Pieces& pieces, const Pieces& characters, double min_score, const UnigramTraining& training) {
  std::vector<char32_t> required = training.initial_alphabet;
  for (const Piece& p : characters) required.push_back(rows.text[p.begin]);
  std::ranges::sort(required);
  required.erase(std::unique(required.begin(), required.end()), required.end());
  std::unordered_map<char32_t, double> scores;
  for (const Piece& p : pieces)
    if (p.length == 1) scores[rows.text[p.begin]] = p.score;

  TrainedUnigram trained;
  auto& all = trained.pieces;
  for (const std::string& token : training.special_tokens) all.emplace_back(token, 0.0);
  const auto unk = std::ranges::find(training.special_tokens, training.unk_token);
  if (unk == training.special_tokens.end()) all.emplace(all.begin(), training.unk_token, 0.0);
  else trained.unk_id = unk - training.special_tokens.begin();
  const size_t first = all.size(), least = first + required.size();
  if (least > static_cast<size_t>(training.vocab_size))
    fail(ErrorKind::argument, "tokenizer",
         str(GRIM_SETTING("vocab-size") ": got {}, expected at least {}: the special tokens and the single characters of the texts",
             training.vocab_size, least),
         "ask for more, or train on texts of fewer characters");
  double penalty = 0;
  for (const char32_t c : required) {
    const auto known = scores.find(c);
    all.emplace_back(in_utf8({&c, 1}), known != scores.end() ? known->second : min_score + penalty);
    if (known == scores.end()) penalty += 0.0001;
  }
  for (size_t id = 1; id < pieces.size() && all.size() < static_cast<size_t>(training.vocab_size); ++id)
    if (pieces[id].length > 1) all.emplace_back(in_utf8(text_of(rows, pieces[id])), pieces[id].score);
  std::ranges::stable_sort(all.begin() + static_cast<ptrdiff_t>(first), all.end(), std::greater<>(), &std::pair<std::string, double>::second);
  return trained;
}

}  // namespace

TrainedUnigram train_unigram(const WordCounts& words, const UnigramTraining& training, const TrainingWatch& watch) {
  const Rows rows(words);
  GRIM_CHECK(!rows.begins.empty(), argument, "tokenizer", "the texts hold no word");
  const Pieces characters = character_pieces(rows);
  Pieces pieces = seed_pieces(rows, training);
  const size_t wanted = static_cast<size_t>(training.vocab_size) * 11 / 10;
  double min_score = 0;
  for (size_t before = SIZE_MAX;;) {
    for (int64_t i = 0; i < training.sub_iterations; ++i) {
      const Model model(rows, pieces);
      Expectation expectation(model, pieces.size());
      rows.each([&](const char32_t* text, uint32_t length, double count) { expectation.add(text, length, count); });
      pieces = maximized(pieces, expectation.expected());
      if (watch) watch({"pieces left", static_cast<int64_t>(pieces.size()), training.vocab_size});
    }
    const Model model(rows, pieces);
    min_score = model.min_score();
    if (pieces.size() <= wanted || pieces.size() == before) break;
    before = pieces.size();
    pieces = pruned(rows, model, pieces, training);
  }
  return finished(rows, pieces, characters, min_score, training);
}

}  // namespace grim
