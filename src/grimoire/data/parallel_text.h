// Parallel text: sentences beside what is to be made of them, in two files line by line or in one with a tab between the two. Files may be gzip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace grim {

struct ParallelText {
  std::vector<std::string> sources, targets;  // as many; none is empty
  std::string path;                           // of the file, or both, for messages
  int64_t left_out = 0;                       // pairs of which one side is empty
  int64_t pairs() const { return static_cast<int64_t>(sources.size()); }
};

// "source TAB target", further columns are not looked at (who said it, as in collections of Tatoeba). throws: input, as load_corpus, and a line without a
// tab; no pair at all
ParallelText load_pairs(const std::string& path);
// Line i of one beside line i of the other. throws: input, likewise; files of unequal numbers of lines
ParallelText load_pairs(const std::string& source_path, const std::string& target_path);

std::string content_hash(const ParallelText& text);  // the same for both forms and other line ends

}  // namespace grim
