#include "grimoire/vectors/vector_files.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/mapped_file.h"

namespace grim::vectors {
namespace {

constexpr int32_t kFastTextMagic = 793712314;
constexpr int64_t kMostWords = int64_t{1} << 31, kWidest = 1 << 20;

struct Header {
  int64_t words = 0, dim = 0;
  size_t bytes = 0;  // with its line end
};

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

std::string_view line_at(std::string_view bytes, size_t at) { return bytes.substr(at, std::min(bytes.find('\n', at), bytes.size()) - at); }

std::optional<Header> header_of(std::string_view bytes) {
  constexpr size_t kLongest = 64;
  const std::string_view line = line_at(bytes.substr(0, kLongest), 0);
  const std::vector<std::string_view> parts = split(trimmed(line), ' ');
  if (parts.size() != 2 || line.size() == std::min(bytes.size(), kLongest)) return std::nullopt;
  const std::optional<int64_t> words = whole_number(parts[0]), dim = whole_number(parts[1]);
  return words && dim ? std::optional(Header{*words, *dim, line.size() + 1}) : std::nullopt;
}

// A word and the numbers behind it; false where the line is anything else.
bool parse_line(std::string_view line, int64_t dim, std::string_view& word, float* to) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
  // From the end: a word may hold spaces, as some of GloVe's do.
  for (int64_t i = dim - 1; i >= 0; --i) {
    const size_t space = line.rfind(' ');
    if (space == std::string_view::npos) return false;
    const std::string_view number = line.substr(space + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), to[i]);
    if (error == std::errc::result_out_of_range) to[i] = 0;  // below the least float: what a text of doubles may hold
    else if (error != std::errc() || end != number.data() + number.size()) return false;
    line = line.substr(0, space);
  }
  word = line;
  return true;
}

WordVectors parse_text(std::string_view bytes, const std::optional<Header>& header, std::string_view source) {
  size_t at = header ? header->bytes : 0;
  int64_t line_number = header ? 2 : 1, rows = 0;
  const std::string_view first = line_at(bytes, at);
  const int64_t dim = header ? header->dim : static_cast<int64_t>(split(trimmed(first), ' ').size()) - 1;
  GRIM_CHECK(dim >= 1 && dim <= kWidest, input, "vectors", "{}: line {}: expected a word and its numbers", source, line_number);
  for (size_t i = at; i < bytes.size(); i += line_at(bytes, i).size() + 1) ++rows;
  GRIM_CHECK(!header || header->words == rows, input, "vectors", "{}: the first line promises {} words, {} follow", source, header ? header->words : 0, rows);
  // Two bytes a number at least: what a first line claims is held against what is there before memory is taken.
  GRIM_CHECK(static_cast<uint64_t>(rows) <= bytes.size() / (2 * static_cast<uint64_t>(dim)), input, "vectors",
             "{}: {} lines are too short for {} numbers each", source, rows, dim);
  Table table(rows, dim);
  std::vector<std::string> words;
  for (int64_t r = 0; r < rows; ++r, ++line_number) {
    const std::string_view line = line_at(bytes, at);
    std::string_view word;
    GRIM_CHECK(parse_line(line, dim, word, table.row(r)), input, "vectors", "{}: line {}: got '{}', expected a word and {} numbers", source, line_number,
               std::string(line.substr(0, 40)), dim);
    words.emplace_back(word);
    at += line.size() + 1;
  }
  return WordVectors(std::move(words), std::move(table), source);
}

WordVectors parse_word2vec(std::string_view bytes, const Header& header, std::string_view source) {
  GRIM_CHECK(header.words >= 0 && header.words < kMostWords && header.dim >= 1 && header.dim <= kWidest, input, "vectors",
             "{}: the first line promises {} words of {} numbers", source, header.words, header.dim);
  Reader reader(bytes, source);
  reader.skip(header.bytes, "the first line");
  const uint64_t row = static_cast<uint64_t>(header.dim) * sizeof(float);
  if (static_cast<uint64_t>(header.words) > reader.remaining() / (row + 1))
    reader.refuse("vectors", str("the file ends too early: {} words of {} numbers, {} bytes left", header.words, header.dim, reader.remaining()));
  Table table(header.words, header.dim);
  std::vector<std::string> words;
  for (int64_t w = 0; w < header.words; ++w) {
    const std::string_view rest = bytes.substr(reader.offset());
    const size_t begin = rest.starts_with('\n') ? 1 : 0, end = rest.find(' ', begin);
    if (end == std::string_view::npos) reader.refuse("a word", "no space ends it");
    words.emplace_back(rest.substr(begin, end - begin));
    reader.skip(end + 1, "a word");
    const std::string_view numbers = reader.take(row, "its numbers");
    std::memcpy(table.row(w), numbers.data(), numbers.size());
  }
  if (!trimmed(bytes.substr(reader.offset())).empty()) reader.refuse("the end", str("{} bytes follow", reader.remaining()));
  return WordVectors(std::move(words), std::move(table), source);
}

}  // namespace

VectorFormat format_of(std::string_view bytes, std::string_view source) {
  refuse_stand_in(bytes, source);
  int32_t magic = 0;
  if (bytes.size() >= sizeof(magic)) std::memcpy(&magic, bytes.data(), sizeof(magic));
  if (magic == kFastTextMagic) return VectorFormat::fasttext;
  const std::optional<Header> header = header_of(bytes);
  const std::string_view first = line_at(bytes, header ? header->bytes : 0);
  const int64_t dim = header ? header->dim : static_cast<int64_t>(split(trimmed(first), ' ').size()) - 1;
  std::string_view word;
  std::vector<float> numbers(static_cast<size_t>(std::clamp<int64_t>(dim, 0, kWidest)));
  const bool text = dim >= 1 && dim <= kWidest && parse_line(first, dim, word, numbers.data());
  if (header && header->bytes >= bytes.size() && header->words == 0) return VectorFormat::text;
  if (!text && !header)
    throw Error(ErrorKind::input, str("[vectors] {}: neither a model of fastText nor a file of word vectors", source),
                "expected a word and its numbers in each line, or fastText's or word2vec's .bin");
  return !header ? VectorFormat::glove : text ? VectorFormat::text : VectorFormat::word2vec;
}

WordVectors parse_vectors(std::string_view bytes, std::string_view source) {
  const VectorFormat format = format_of(bytes, source);
  if (format == VectorFormat::fasttext) {
    Reader reader(bytes, source);
    return WordVectors(std::make_shared<SubwordModel>(SubwordModel::parse(reader, source)));
  }
  const std::optional<Header> header = header_of(bytes);
  return format == VectorFormat::word2vec ? parse_word2vec(bytes, *header, source)
                                          : parse_text(bytes, format == VectorFormat::text ? header : std::nullopt, source);
}

WordVectors open_vectors(const std::string& path) {
  const MappedFile file(path);
  return parse_vectors(file.bytes(), path);
}

int64_t dim_of(const std::string& path) {
  const MappedFile file(path);
  const std::string_view bytes = file.bytes();
  const std::optional<Header> header = header_of(bytes);
  switch (format_of(bytes, path)) {
    case VectorFormat::fasttext: {
      Reader reader(bytes, path);
      reader.skip(2 * sizeof(int32_t), "the version");
      return reader.read<int32_t>("the width");
    }
    case VectorFormat::glove: return std::ssize(split(trimmed(line_at(bytes, 0)), ' ')) - 1;
    default: return header->dim;
  }
}

void save_vectors(const WordVectors& vectors, const std::string& path, VectorFormat format) {
  GRIM_CHECK(format != VectorFormat::fasttext, argument, "vectors", "words and vectors alone are no model of fastText: it has n-grams and an output table too");
  const bool binary = format == VectorFormat::word2vec;
  write_atomically(path, [&](OutFile& file) {
    std::string block = format == VectorFormat::glove ? "" : str("{} {}\n", vectors.size(), vectors.dim());
    for (int64_t w = 0; w < vectors.size(); ++w) {
      const std::string& word = vectors.words()[static_cast<size_t>(w)];
      GRIM_CHECK(!word.empty() && word.find_first_of(binary ? " \n" : "\n") == std::string::npos, argument, "vectors",
                 "the word '{}' cannot stand in a file of this format", word);
      const float* const row = vectors.table().row(w);
      block += word;
      if (binary) block.append(" ").append(reinterpret_cast<const char*>(row), static_cast<size_t>(vectors.dim()) * sizeof(float));
      for (int64_t i = 0; !binary && i < vectors.dim(); ++i) {
        char digits[32];  // as few as give the same float back
        const auto end = std::to_chars(digits, digits + sizeof(digits), row[i]).ptr;
        block.append(" ").append(digits, end);
      }
      block += '\n';
      constexpr size_t kBlock = 1 << 20;
      if (block.size() > kBlock) {
        file.write(block);
        block.clear();
      }
    }
    file.write(block);
  });
}

}  // namespace grim::vectors
