// The files of fastText (src/fasttext.cc, saveModel): two numbers, settings, dictionary, a flag and the input table, a flag and the output table.
#include <limits>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/vectors/subword_model.h"

namespace grim::vectors {
namespace {

constexpr int32_t kMagic = 793712314, kVersion = 12, kOldest = 11;
constexpr int32_t kMostNumber = std::numeric_limits<int32_t>::max();

TrainingSettings read_settings(Reader& reader) {
  const auto count = [&](std::string_view what, int32_t low = 0) { return reader.read_between<int32_t>(low, kMostNumber, what); };
  TrainingSettings s;
  s.dim = count("dim", 1);
  s.window = count("ws");
  s.epochs = count("epoch");
  s.min_count = count("minCount");
  s.negatives = count("neg");
  s.word_ngrams = count("wordNgrams");
  s.loss = static_cast<Loss>(reader.read_between<int32_t>(1, 4, "loss"));
  s.kind = static_cast<Kind>(reader.read_between<int32_t>(1, 3, "model"));
  s.bucket = count("bucket");
  constexpr int32_t kLongest = 1 << 16;
  s.min_n = reader.read_between<int32_t>(0, kLongest, "minn");
  s.max_n = reader.read_between<int32_t>(0, kLongest, "maxn");
  reader.read<int32_t>("lrUpdateRate");
  s.sampling = reader.read<double>("t");
  return s;
}

std::string read_word(Reader& reader) {
  std::string word;
  while (const char c = reader.read<char>("a word")) word += c;
  return word;
}

Dictionary read_dictionary(Reader& reader, const TrainingSettings& s, std::string_view source) {
  constexpr uint64_t kLeast = 10;  // bytes that an entry takes
  const auto size = reader.read_between<int32_t>(0, kMostNumber, "entries of the dictionary");
  const auto words = reader.read_between<int32_t>(0, size, "words");
  reader.read_between<int32_t>(size - words, size - words, "labels");
  const auto tokens = reader.read<int64_t>("words of the text");
  const auto kept = reader.read_between<int64_t>(-1, kMostNumber, "rows that are kept");
  if (static_cast<uint64_t>(size) > reader.remaining() / kLeast)
    reader.refuse("entries", str("the file ends too early: {} of them, {} bytes left", size, reader.remaining()));
  std::vector<Entry> entries(static_cast<size_t>(size));
  for (Entry& e : entries) {
    e.word = read_word(reader);
    e.count = reader.read<int64_t>("a word's count");
    e.label = reader.read_between<uint8_t>(0, 1, "whether it is a label") == 1;
  }
  Dictionary dictionary(std::move(entries), s, tokens, source);
  if (dictionary.words() != words) reader.refuse("words", str("got {} of them, expected {}", dictionary.words(), words));
  if (kept < 0) return dictionary;
  KeptRows rows;
  for (int64_t i = 0; i < kept; ++i) {
    const auto hash = reader.read_between<int32_t>(0, kMostNumber, "a row that was");
    rows[hash] = reader.read_between<int32_t>(0, static_cast<int32_t>(kept - 1), "the row that it is");
  }
  dictionary.keep(std::move(rows));
  return dictionary;
}

}  // namespace

SubwordModel SubwordModel::parse(Reader& reader, std::string_view source) {
  const auto magic = reader.read<int32_t>("the number that fastText's files begin with");
  GRIM_CHECK(magic == kMagic, input, "vectors", "{}: it begins with {}, expected {}: no model of fastText", source, magic, kMagic);
  const auto version = reader.read_between<int32_t>(kOldest, kVersion, "version");
  TrainingSettings settings = read_settings(reader);
  if (version == kOldest && settings.kind == Kind::supervised) settings.max_n = 0;  // classifiers had no letter n-grams then
  Dictionary dictionary = read_dictionary(reader, settings, source);
  const bool quantised = reader.read_between<uint8_t>(0, 1, "whether the input table is quantised") == 1;
  Table input = Table::read(reader, quantised, "the input table");
  const bool output_quantised = reader.read_between<uint8_t>(0, 1, "whether the output table is quantised") == 1;
  Table output = Table::read(reader, output_quantised, "the output table");
  if (!reader.at_end()) reader.refuse("the end", str("{} bytes follow", reader.remaining()));
  return SubwordModel(settings, std::move(dictionary), std::move(input), std::move(output));
}

SubwordModel SubwordModel::load(const std::string& path) {
  const std::unique_ptr<InFile> file = files().open(path);
  Reader reader(*file, path);
  return parse(reader, path);
}

void SubwordModel::save(const std::string& path) const {
  write_atomically(path, [&](OutFile& file) {
    std::string block;
    const auto out = [&](std::string_view bytes) {
      constexpr size_t kBlock = 1 << 20;
      block += bytes;
      if (block.size() < kBlock) return;
      file.write(block);
      block.clear();
    };
    const auto put = [&]<class T>(T value) { out({reinterpret_cast<const char*>(&value), sizeof(T)}); };
    const TrainingSettings& s = settings_;
    constexpr int32_t kUpdateRate = 100;  // fastText's default of a setting that means nothing here
    for (const int64_t n : {int64_t{kMagic}, int64_t{kVersion}, s.dim, s.window, s.epochs, s.min_count, s.negatives, s.word_ngrams,
                            static_cast<int64_t>(s.loss), static_cast<int64_t>(s.kind), s.bucket, s.min_n, s.max_n, int64_t{kUpdateRate}})
      put(static_cast<int32_t>(n));
    put(s.sampling);
    const Dictionary& d = dictionary_;
    for (const int64_t n : {static_cast<int64_t>(d.entries().size()), d.words(), d.labels()}) put(static_cast<int32_t>(n));
    put(d.tokens());
    put(d.cut_down() ? static_cast<int64_t>(d.kept().size()) : int64_t{-1});
    for (const Entry& e : d.entries()) {
      out(e.word);
      put('\0');
      put(e.count);
      put(static_cast<uint8_t>(e.label));
    }
    const std::map<int32_t, int32_t> kept(d.kept().begin(), d.kept().end());  // in an order that every run has
    for (const auto& [hash, row] : kept) {
      put(hash);
      put(row);
    }
    put(static_cast<uint8_t>(input_.is_quantised()));
    input_.write(out);
    put(static_cast<uint8_t>(output_.is_quantised()));
    output_.write(out);
    file.write(block);
  });
}

}  // namespace grim::vectors
