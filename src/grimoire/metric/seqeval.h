// Scores of named entities and other spans that tags mark: a span counts where its type and both its ends are right.
//   Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task", section 2.4 (conlleval)
//   Nakayama 2018, seqeval, whose scores these are
//
// By default tags are read as conlleval does, which finds a span in any sequence: an I without a B before it begins one. Strictly, a span must be well
// formed in its scheme, or it is none; and tags that the scheme does not have are refused.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

using Tags = std::vector<std::string>;  // of a sentence: "B-PER", "I-PER", "O"

enum class TagScheme : uint8_t { conlleval, iob1, iob2, ioe1, ioe2, iobes, bilou };
const char* name_of(TagScheme scheme);  // "default", "IOB1", ...

struct TagSpan {
  std::string type;
  size_t begin, end;  // places in the sentence, from 0; the end is behind it
  bool operator==(const TagSpan&) const = default;
};
// In the order of the sentence. throws: input, a tag that the scheme does not have, with its place; by conlleval, an empty one
std::vector<TagSpan> spans_of(const Tags& tags, TagScheme scheme);

struct SpanScores {
  std::string type;
  int64_t right = 0, predicted = 0, support = 0;  // spans in both, in the predicted tags, in the true ones
  double precision = 0, recall = 0, f1 = 0;       // 0 where there is none
};
struct SeqevalScores {
  std::vector<SpanScores> types;         // by name
  SpanScores micro, macro, weighted;     // of all spans; means over types, each alike or by its support
  int64_t tags = 0, right_tags = 0;
  double accuracy() const;               // of tags
};
// throws: shape, other numbers of sentences or of tags in one, with its number from 1
SeqevalScores seqeval(std::span<const Tags> truth, std::span<const Tags> predicted, TagScheme scheme = TagScheme::conlleval);

}  // namespace grim
