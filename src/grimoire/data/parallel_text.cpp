#include "grimoire/data/parallel_text.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/corpus.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

std::string text_in(const std::string& path) {
  std::string bytes = gunzip(read_file(path), path);
  check_is_text(bytes, path);
  return std::string(without_byte_order_mark(bytes));
}

void add(ParallelText& all, std::string_view source, std::string_view target) {
  source = trimmed(source), target = trimmed(target);
  if (source.empty() || target.empty()) {
    ++all.left_out;
    return;
  }
  all.sources.emplace_back(source);
  all.targets.emplace_back(target);
}

void check_some(const ParallelText& all) {
  if (all.pairs() == 0) fail(ErrorKind::input, "pairs", str("{}: there is no pair of two texts", all.path), "expected a text and its target on each line");
}

}  // namespace

ParallelText load_pairs(const std::string& path) {
  ParallelText all{.sources = {}, .targets = {}, .path = path};
  const std::string text = text_in(path);
  int64_t number = 0;
  for (const std::string_view line : lines_in(text)) {
    ++number;
    if (trimmed(line).empty()) continue;
    const size_t tab = line.find('\t');
    if (tab == line.npos)
      fail(ErrorKind::input, "pairs", str("{}: line {}: got no tab, expected a source and its target with a tab between them", path, number),
           "of two files, a line of the one for each of the other, give " GRIM_SETTING("source") " and " GRIM_SETTING("target"));
    add(all, line.substr(0, tab), line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1));
  }
  check_some(all);
  return all;
}

ParallelText load_pairs(const std::string& source_path, const std::string& target_path) {
  ParallelText all{.sources = {}, .targets = {}, .path = source_path + " and " + target_path};
  const std::string from = text_in(source_path), to = text_in(target_path);
  const std::vector<std::string_view> sources = lines_in(from), targets = lines_in(to);
  GRIM_CHECK(sources.size() == targets.size(), input, "pairs", "{} has {} lines and {} has {}: expected a line of the one for each of the other", source_path,
             sources.size(), target_path, targets.size());
  for (size_t i = 0; i < sources.size(); ++i) add(all, sources[i], targets[i]);
  check_some(all);
  return all;
}

std::string content_hash(const ParallelText& text) {
  Hasher hasher;
  for (size_t i = 0; i < text.sources.size(); ++i) hasher.add(text.sources[i] + "\t" + text.targets[i] + "\n");
  return hasher.hex();
}

}  // namespace grim
