#include "grimoire/data/corpus.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

constexpr int64_t kBytesPerByte = 18;  // of a text: itself, and its ids twice for a moment

// CR LF becomes LF, in one pass; where there is no LF at all, CR ends the lines and becomes LF. Any other CR stays.
void unify_line_ends(std::string& text) {
  size_t to = text.find('\r');
  if (to == std::string::npos) return;
  if (text.find('\n') == std::string::npos) {
    std::replace(text.begin(), text.end(), '\r', '\n');
    return;
  }
  for (size_t at = to; at < text.size(); ++at)
    if (text[at] != '\r' || at + 1 == text.size() || text[at + 1] != '\n') text[to++] = text[at];
  text.resize(to);
}

// f(line number, trimmed line) for every line.
template <class F> void each_line(std::string_view text, F&& f) {
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    f(++number, trimmed(text.substr(at, end - at)));
    at = end + 1;
  }
}

// Items: at least two, 32 bytes at most on average, and no more than one in ten with a space inside.
bool looks_like_items(std::string_view text) {
  int64_t lines = 0, bytes = 0, with_space = 0;
  each_line(text, [&](int64_t, std::string_view line) {
    if (line.empty()) return;
    ++lines;
    bytes += static_cast<int64_t>(line.size());
    with_space += line.find_first_of(" \t") != std::string_view::npos;
  });
  return lines >= 2 && bytes <= 32 * lines && with_space * 10 <= lines;
}

}  // namespace

void check_is_text(std::string_view bytes, const std::string& source) {
  GRIM_CHECK(!bytes.empty(), input, "corpus", "{}: the file is empty", source);
  if (const size_t nul = bytes.find('\0'); nul != bytes.npos)
    fail(ErrorKind::input, "corpus", str("{}: byte {} is NUL: this is a binary file, expected text", source, nul));
  check_utf8(bytes, source);
}

Corpus load_corpus(const std::string& path, CorpusFormat format) {
  const std::unique_ptr<InFile> file = files().open(path);
  const int64_t size = file->size(), allowed = machine_memory();
  if (size > allowed / kBytesPerByte)
    fail(ErrorKind::resource, "corpus",
         str("{}: reading {} bytes of text takes about {} of memory, {} are allowed", path, with_commas(size), with_commas(kBytesPerByte * size),
             with_commas(allowed)),
         "train on a part of it (head -c)");
  std::string bytes(static_cast<size_t>(size), '\0');
  file->read_at(0, bytes.data(), bytes.size());
  return corpus_of(std::move(bytes), path, format);
}

std::string content_hash(const Corpus& corpus) {
  if (corpus.format == CorpusFormat::text) return hash_of(corpus.text);
  Hasher hasher;
  for (const std::string& item : corpus.items) hasher.add(item + "\n");
  return hasher.hex();
}

std::string content_of(const Corpus& corpus) {
  if (corpus.format == CorpusFormat::text) return corpus.text;
  std::string text;
  for (const std::string& item : corpus.items) text += item + "\n";
  return text;
}

Corpus corpus_of(std::string bytes, const std::string& source, CorpusFormat format) {
  check_is_text(bytes, source);
  Corpus corpus;
  corpus.source = source;
  corpus.file_hash = hash_of(bytes);
  bytes.erase(0, bytes.size() - without_byte_order_mark(bytes).size());
  unify_line_ends(bytes);
  if (format == CorpusFormat::automatic) format = looks_like_items(bytes) ? CorpusFormat::lines : CorpusFormat::text;
  corpus.format = format;
  if (format == CorpusFormat::text) {
    corpus.text = std::move(bytes);
    GRIM_CHECK(!corpus.text.empty(), input, "corpus", "{}: the file is empty", source);
    return corpus;
  }
  each_line(bytes, [&](int64_t number, std::string_view line) {
    if (line.empty()) {
      ++corpus.empty_lines;
      return;
    }
    corpus.items.emplace_back(line);
    corpus.line_numbers.push_back(number);
  });
  GRIM_CHECK(!corpus.items.empty(), input, "corpus", "{}: all {} lines are empty", source, corpus.empty_lines);
  return corpus;
}

int64_t longest_item(const Corpus& corpus) {
  int64_t longest = 0;
  for (const std::string& item : corpus.items) longest = std::max(longest, count_code_points(item));
  return longest;
}

void check_item_lengths(const Corpus& corpus, int64_t limit) {
  for (size_t i = 0; i < corpus.items.size(); ++i) {
    const int64_t length = count_code_points(corpus.items[i]);
    if (length > limit)
      fail(ErrorKind::input, "corpus",
           str("{}: line {}: got {} characters, expected at most {}", corpus.source, corpus.line_numbers[i], length,
               limit),
           "raise the context length, shorten the line, or treat the file as running text");
  }
}

}  // namespace grim
