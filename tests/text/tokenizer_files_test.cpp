// Tokenizers in the files of their first programs: against tiktoken (tools/golden/sentencepiece_files.py), and against the tokenizer.json that holds the same.
#include "grimoire/text/tokenizer_files.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/base64.h"
#include "grimoire/base/error.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "support/data.h"
#include "support/peak_memory.h"

namespace grim {
namespace {

Json golden(const std::string& name) { return Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/" + name), name); }

// Bytes, then strings of twelve letters, the shorter first, but every third: as in the script.
std::string ranks(size_t count) {
  constexpr std::string_view kLetters = " etaoinshr'1";
  std::string lines;
  size_t rank = 0;
  const auto put = [&](std::string_view token) { lines += str("{} {}\n", to_base64(token), rank++); };
  for (int b = 0; b < 256; ++b) put(std::string(1, static_cast<char>(b)));
  for (size_t size = 2;; ++size) {
    size_t all = 1;
    for (size_t k = 0; k < size; ++k) all *= kLetters.size();
    for (size_t i = 0; i < all; ++i) {
      if (rank == count) return lines;
      if (i % 3 == 2) continue;
      std::string token(size, ' ');
      for (size_t k = size, rest = i; k-- > 0; rest /= kLetters.size()) token[k] = kLetters[rest % kLetters.size()];
      put(token);
    }
  }
}

TEST(Tiktoken, IdsAreItsOwn) {
  const Json g = golden("tiktoken.json");
  for (const std::string& count : g.at("ids").keys()) {
    const auto tokenizer = read_tiktoken({ranks(std::stoul(count)), count + ".tiktoken"});
    const auto written = parse_tokenizer(tokenizer->to_json().dump(), "written");
    for (size_t i = 0; i < g.at("texts").size(); ++i) {
      const std::string& text = g.at("texts")[i].as_text();
      SCOPED_TRACE(count + ": " + text);
      const std::vector<int64_t> ids = tokenizer->encode(text);
      EXPECT_EQ(Json::array_of(ids).dump(), g.at("ids").at(count)[i].dump());
      EXPECT_TRUE(count == "151643" || tokenizer->decode(ids) == text);  // that one composes characters first
      const bool tail = count == "100256" && (text.ends_with('\n') || text.ends_with(' '));  // white space at the end is one word, as no JSON has it
      EXPECT_TRUE(tail || written->encode(text) == ids);
    }
  }
}

template <class F> std::string refusal(F&& call) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return std::string(e.what()) + " | " + e.hint();
  }
  return "taken";
}

TEST(Tiktoken, WrongFiles) {
  const auto says = [](const std::string& text) { return refusal([&] { read_tiktoken({text, "r"}); }); };
  const std::string good = ranks(300);
  EXPECT_NE(says(good).find("300 ranks: how a text is cut"), std::string::npos) << says(good);
  EXPECT_NE(says(good).find("100256 (cl100k_base)"), std::string::npos);
  EXPECT_NE(says(good.substr(7)).find("byte 0x00 has no rank"), std::string::npos) << says(good.substr(7));
  for (const char* const line : {"IQ==", "IQ== x", "IQ== -1", "IQ==  7", "I 7", "I*== 7"})
    EXPECT_NE(says(good + line + "\n").find("r: line 301"), std::string::npos) << line << says(good + line + "\n");
  EXPECT_NE(says(good + "AA== 300\n").find("two ids"), std::string::npos) << says(good + "AA== 300\n");
  EXPECT_TRUE(looks_like_tiktoken(good));
  EXPECT_TRUE(looks_like_tiktoken("\xef\xbb\xbf" + good));
  EXPECT_FALSE(looks_like_tiktoken("{\"version\": 1}"));
  EXPECT_FALSE(looks_like_tiktoken("\n\x05<unk>"));
}

const Json& part_of(const Json& all, const char* name) { return all.at("tokenizers").at(name); }

// vocab.txt of the golden WordPiece tokenizer; its ids are those of the JSON.
TEST(VocabularyFiles, Bert) {
  const Json g = golden("tokenizer_parts.json");
  const Json& entry = part_of(g, "wordpiece template");
  const auto expected = parse_tokenizer(entry.at("json").dump(), "golden");
  std::string lines;
  for (int64_t id = 0; id < expected->vocab_size(); ++id) lines += expected->token(id) + "\n";
  const auto got = read_bert_vocabulary({lines, "vocab.txt"});
  for (const Json& c : entry.at("cases").items()) {
    const std::string& text = c.text("text");
    const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
    const bool differs = has("Phone") || has("zero") || has("[MASK]");  // words of more than the JSON's 12 letters; a token that it does not look for
    EXPECT_TRUE(differs || got->encode_with(text).ids == expected->encode_with(text).ids) << text;
  }
  EXPECT_EQ(got->encode_with("a", {.pair = "b"}).type_ids, expected->encode_with("a", {.pair = "b"}).type_ids);
  const auto cased = read_bert_vocabulary({lines, "vocab.txt"}, Json::object({{"do_lower_case", false}}));
  EXPECT_NE(cased->encode("THE"), got->encode("THE"));
  EXPECT_EQ(cased->encode("the"), got->encode("the"));
  EXPECT_NE(refusal([&] { read_bert_vocabulary({"a\nb\n", "vocab.txt"}); }).find("vocab.txt: the special token '[UNK]' is not in it"), std::string::npos);
}

// vocab.json, merges.txt and dict.txt of the golden byte-level tokenizer.
TEST(VocabularyFiles, Gpt2RobertaAndFairseq) {
  const Json g = golden("tokenizer_parts.json");
  const Json& json = part_of(g, "byte bpe roberta").at("json");
  const auto expected = parse_tokenizer(json.dump(), "golden");
  Json vocab = json.at("model").at("vocab");
  vocab.append("<unk>", expected->vocab_size());
  vocab.append("<mask>", expected->vocab_size() + 1);
  std::string merges = "#version: 0.2\n";
  for (const Json& m : json.at("model").list("merges")) merges += m[0].as_text() + " " + m[1].as_text() + "\n";
  const Json roberta = Json::object({{"tokenizer_class", "RobertaTokenizer"}, {"add_prefix_space", true}});
  const NamedText vocabulary{vocab.dump(), "vocab.json"}, rules{merges, "merges.txt"};
  const auto got = read_gpt2_vocabulary(vocabulary, rules, roberta);
  // The dictionary numbers them anew: 4 for the last, and so on.
  std::string lines;
  for (int64_t id = expected->vocab_size() - 1; id >= 3; --id) lines += str("{} 1\n", id);
  const auto fairseq = read_fairseq_dictionary({lines + "madeupword0000 0\n", "dict.txt"}, vocabulary, rules, roberta);
  EXPECT_EQ(fairseq->token(3), "<unk>");
  EXPECT_EQ(fairseq->token(fairseq->vocab_size() - 2), "madeupword0000");
  for (const Json& c : part_of(g, "byte bpe roberta").at("cases").items()) {
    EncodeOptions options;
    if (c.find("pair")) options.pair = c.text("pair");
    const Encoding e = got->encode_with(c.text("text"), options), f = fairseq->encode_with(c.text("text"), options);
    EXPECT_EQ(Json::array_of(e.ids).dump(), c.at("ids").dump());
    ASSERT_EQ(f.size(), e.size());
    for (size_t i = 0; i < e.size(); ++i) EXPECT_EQ(fairseq->token(f.ids[i]), got->token(e.ids[i]));
    EXPECT_EQ(f.offsets, e.offsets);
  }
  const auto gpt2 = read_gpt2_vocabulary(vocabulary, rules);
  EXPECT_EQ(gpt2->encode(" the"), got->encode("the"));  // which gets the space by itself
  const auto says = [&](const std::string& text) { return refusal([&] { read_gpt2_vocabulary(vocabulary, {text, "merges.txt"}); }); };
  EXPECT_NE(says("a b c\n").find("merges.txt: line 1: got 'a b c'"), std::string::npos);
  EXPECT_NE(says("a zzz\n").find("'zzz' is not in it"), std::string::npos) << says("a zzz\n");
  const Json other = Json::object({{"tokenizer_class", "CodeGenTokenizer"}});
  EXPECT_NE(refusal([&] { read_gpt2_vocabulary(vocabulary, rules, other); }).find("use its tokenizer.json"), std::string::npos);
  const NamedText wrong{"9999 1\n", "dict.txt"};
  EXPECT_NE(refusal([&] { read_fairseq_dictionary(wrong, vocabulary, rules); }).find("id 9999 is not in vocab.json"), std::string::npos);
}

// A folder or a file says itself what it is.
TEST(VocabularyFiles, AreFoundOut) {
  const std::string models = std::string(GRIM_SOURCE_DIR) + "/tests/golden/sentencepiece/";
  const test::TempFolder folder;
  EXPECT_NE(refusal([&] { load_tokenizer(folder.path()); }).find("there is no tokenizer in it"), std::string::npos);
  folder.put("one.model", read_file(models + "bpe.model"));
  const auto expected = load_tokenizer(models + "bpe.model")->encode("the fox");
  EXPECT_EQ(load_tokenizer(folder.path())->encode("the fox"), expected);
  EXPECT_EQ(load_tokenizer(folder / "one.model")->encode("the fox"), expected);
  folder.put("two.tiktoken", ranks(50256));
  EXPECT_NE(refusal([&] { load_tokenizer(folder.path()); }).find("there are several: one.model, two.tiktoken"), std::string::npos);
  EXPECT_EQ(load_tokenizer(folder / "two.tiktoken")->vocab_size(), 50257);
  folder.put("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer"})");
  EXPECT_EQ(load_tokenizer(folder / "one.model")->encode_with("the fox").ids[0], 1);
  const test::TempFolder saved;
  save_tokenizer(*load_tokenizer(folder / "one.model"), saved.path());
  EXPECT_EQ(load_tokenizer(saved.path())->encode_with("the fox").ids, load_tokenizer(folder / "one.model")->encode_with("the fox").ids);
}

// What a folder lacks, and a file that is none, are said with what is there.
TEST(VocabularyFiles, SayWhatIsMissing) {
  const test::TempFolder folder;
  folder.put("mine.json", "{}");
  EXPECT_NE(refusal([&] { load_tokenizer(folder.path()); }).find("there is no tokenizer in it"), std::string::npos);
  folder.put("dict.txt", "1 2\n");
  EXPECT_NE(refusal([&] { load_tokenizer(folder.path()); }).find("dict.txt: there is no vocab.json beside it"), std::string::npos);
  folder.put("vocab.json", R"({"a": 0})");
  folder.put("merges.txt", "x y\n");
  const std::string said = refusal([&] { load_tokenizer(folder / "vocab.json"); });
  EXPECT_NE(said.find("merges.txt: line 1: got 'x y', expected tokens that make one of the vocabulary: 'x' is not in it"), std::string::npos) << said;
  folder.put("vocab.txt", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_NE(refusal([&] { load_tokenizer(folder / "vocab.txt"); }).find("vocab.txt: this is a Git LFS pointer"), std::string::npos);
  for (const char* name : {"vocab.txt", "tokenizer.model", "tokenizer.bin", "x.tiktoken", "tokenizer.json"}) {
    EXPECT_NE(refusal([&] { load_tokenizer(folder.put(name, "")); }).find(str("{}: the file is empty", name)), std::string::npos) << name;
    const std::string page = refusal([&] { load_tokenizer(folder.put(name, "\n<!DOCTYPE HTML><html>")); });
    EXPECT_NE(page.find(str("{}: this is a web page", name)), std::string::npos) << page;
  }
  EXPECT_EQ(load_tokenizer(folder.put("vocab.txt", "<h>\n<s>\n[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\n"))->vocab_size(), 7);  // tokens like a page's
  EXPECT_NE(refusal([&] { load_tokenizer(folder.put("tokenizer.model", "no model")); }).find("tokenizer.model: it begins as no tokenizer"), std::string::npos);
  folder.put("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}})");
  EXPECT_NE(refusal([&] { load_tokenizer(folder.path()); }).find("merge 0: got 'a', expected two tokens with a space between them, in " + folder.path()),
            std::string::npos);
}

// As editors of other systems leave them.
TEST(VocabularyFiles, LineEndsAndByteOrderMarksAreNoPartOfTokens) {
  const test::TempFolder folder;
  const auto bert = load_tokenizer(folder.put("vocab.txt", "\xef\xbb\xbf[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\nhi\r\n"));
  EXPECT_EQ(bert->encode("hi"), std::vector<int64_t>{5});
  folder.put("vocab.json", R"({"a": 0, "b": 1, "ab": 2})");
  folder.put("merges.txt", "#version: 0.2\r\na b\r\n");
  EXPECT_EQ(load_tokenizer(folder / "vocab.json")->encode("abb"), (std::vector<int64_t>{2, 1}));
}

// A merges.txt that ends early, in a line or behind one, where the vocabulary tells.
TEST(TokenizerFiles, MergesThatAreCutAreSaid) {
  std::string merges = "#version: 0.2\n";
  Json vocabulary = Json::object();
  const auto put = [&](const std::string& token) { vocabulary.append(token, static_cast<int64_t>(vocabulary.size())); };
  for (int b = 0; b < 256; ++b) {
    std::string symbol;
    append_utf8(symbol, byte_symbol(static_cast<uint8_t>(b)));
    put(symbol);
  }
  for (char a = 'A'; a <= 'z'; ++a)
    for (char b = 'A'; b <= 'z'; ++b) {
      put({a, b});
      merges += std::string{a, ' ', b, '\n'};
    }
  for (int i = 0; i < 300; ++i) put(str("<|extra_{}|>", i));
  const NamedText pieces{vocabulary.dump(), "vocab.json"};
  const auto says = [&](const std::string& text) { return refusal([&] { read_gpt2_vocabulary(pieces, {text, "merges.txt"}); }); };
  EXPECT_NO_THROW(read_gpt2_vocabulary(pieces, {merges, "merges.txt"}));
  EXPECT_NO_THROW(read_gpt2_vocabulary(pieces, {merges.substr(0, merges.size() - 40), "merges.txt"}));  // nothing tells these from special tokens
  EXPECT_NE(says(merges.substr(0, merges.find('\n', merges.size() / 2))).find("merges leave"), std::string::npos);
  const std::string in_a_line = says(merges.substr(0, merges.size() - 3));
  EXPECT_NE(in_a_line.find("merges.txt: line 3365: got 'z', expected two tokens"), std::string::npos) << in_a_line;
}

// 128,000 tokens and as many merges: while they are loaded, less than three times the file's size is held.
TEST(TokenizerFiles, LoadingTakesLittleMemory) {
  GRIMOIRE_DATA(path, "tokenizers/deepseek/tokenizer.json");
  std::shared_ptr<const Tokenizer> tokenizer;
  const int64_t peak = test::peak_memory_of([&] { tokenizer = load_tokenizer(path); });
  EXPECT_GT(tokenizer->vocab_size(), 128000);
  if (peak < 0) GTEST_SKIP() << "the most memory cannot be told here";
  EXPECT_LT(peak, 3 * files().open(path)->size());
}

}  // namespace
}  // namespace grim
