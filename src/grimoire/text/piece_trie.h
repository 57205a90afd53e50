// A set of strings of code points as a trie, quickly built and walked, for the rounds of train_unigram: the children of a node lie side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace grim {

class PieceTrie {
 public:
  struct Piece {
    const char32_t* text;  // without a 0 in it
    uint32_t length;       // above 0
    int32_t id;
  };
  // In the order of their code points, none twice.
  explicit PieceTrie(std::span<const Piece> pieces) {
    struct Range {
      size_t begin, end;
    };
    std::vector<Range> ranges = {{0, pieces.size()}};  // the pieces below each node
    std::vector<uint32_t> depths = {0};
    labels_ = {0};
    for (size_t node = 0; node < ranges.size(); ++node) {
      auto [begin, end] = ranges[node];
      const uint32_t depth = depths[node];
      first_.push_back(static_cast<uint32_t>(ranges.size()));
      const bool ends = begin < end && pieces[begin].length == depth;
      ids_.push_back(ends ? pieces[begin++].id : -1);
      while (begin < end) {
        const size_t from = begin;
        const char32_t c = pieces[from].text[depth];
        while (begin < end && pieces[begin].text[depth] == c) ++begin;
        ranges.push_back({from, begin});
        depths.push_back(depth + 1);
        labels_.push_back(c);
      }
    }
    first_.push_back(static_cast<uint32_t>(ranges.size()));
    for (uint32_t child = first_[0]; child < first_[1]; ++child) {
      if (labels_[child] >= roots_.size()) roots_.resize(labels_[child] + 1);
      roots_[labels_[child]] = child;
    }
  }

  // f(length, id) for every piece that `text` begins with, the shortest first; the text ends with a 0.
  template <class F> void each_prefix(const char32_t* text, F&& f) const {
    uint32_t node = *text < roots_.size() ? roots_[*text] : 0;
    for (uint32_t length = 1; node != 0; node = child(node, text[length++]))
      if (ids_[node] >= 0) f(length, ids_[node]);
  }

 private:
  uint32_t child(uint32_t node, char32_t c) const {
    const uint32_t *const begin = first_.data() + node;
    uint32_t from = begin[0], to = begin[1];
    while (to - from > 8) {
      const uint32_t middle = (from + to) / 2;
      (labels_[middle] <= c ? from : to) = middle;
    }
    for (; from < to; ++from)
      if (labels_[from] == c) return from;
    return 0;
  }
  std::vector<uint32_t> first_;   // the first child of each node: its children end where the next node's begin
  std::vector<char32_t> labels_;  // that lead to each node
  std::vector<int32_t> ids_;      // of the piece that ends at each node, or -1
  std::vector<uint32_t> roots_;   // children of the root by label; 0: none
};

}  // namespace grim
