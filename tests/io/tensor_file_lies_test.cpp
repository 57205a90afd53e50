// Checkpoints that lie, in every format beside safetensors (safetensors_lies_test.cpp). Each kind of lie has its own words; none may crash,
// hang, run anything, or allocate what the file merely claims.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/bytes_file.h"
#include "grimoire/base/error.h"
#include "grimoire/io/llama2c.h"
#include "grimoire/io/llmc.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/io/shards.h"
#include "io/made_files.h"

namespace grim {
namespace {

using namespace test;

struct Lie {
  const char* name;
  std::string bytes;
  const char* words;  // that the error must hold
};

std::string refusal_of(const std::string& path) {
  try {
    const auto file = open_tensor_file(path);
    for (const TensorEntry& e : file->entries()) file->read(e);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    return std::string(e.what()) + " | " + e.hint();
  }
  return "";
}

void expect_refused(const std::vector<Lie>& lies, size_t at_least, const std::string& file_name = "lie.bin") {
  const TempFolder folder;
  EXPECT_GE(lies.size(), at_least);
  for (const Lie& lie : lies) {
    const std::string path = folder.put(file_name, lie.bytes), said = refusal_of(path);
    EXPECT_NE(said.find(lie.words), std::string::npos) << lie.name << " said: " << said;
    EXPECT_NE(said.find(path), std::string::npos) << lie.name << " does not name the file: " << said;
    EXPECT_LT(said.size(), 800u) << lie.name;
  }
}

TEST(TensorFileLies, WhatPeopleHold) {
  expect_refused({{"empty", "", "the file is empty, expected safetensors, PyTorch, GGUF, llama2.c or llm.c"},
                  {"LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n", "Git LFS pointer, not the file itself: version"},
                  {"web page", "<!DOCTYPE html><html>404</html>", "this is a web page"},
                  {"old PyTorch", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.", "saved by PyTorch before 1.6"},
                  {"pickle", "\x80\x04\x95", "this is a Python pickle"},
                  {"gzip", "\x1f\x8b\x08 and so on", "this is packed"},
                  {"text", "hello, this is just text", "it begins as none of safetensors, PyTorch, GGUF, llama2.c or llm.c"},
                  {"answer in XML", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "this is a web page (HTML or XML)"},
                  {"cut llama2.c", llama2c_of({4, 6, 1, 2, 1, 3, 5}, 100), "a llama2.c file with these sizes would have 644 bytes, and it has 428"},
                  {"JSON", "{\"a\": 1}", "has no 'weight_map'"},
                  {"JSON list", "[1, 2, 3, 4, 5]", "it begins as none of"}},
                 11);
}

TEST(TensorFileLies, LoneShards) {
  const TempFolder folder;
  folder.put("model-00001-of-00003.safetensors", "");
  const auto says = [&](const char* file, const std::string& words) {
    const std::string said = refusal_of(folder / file);
    EXPECT_NE(said.find(words), std::string::npos) << said;
  };
  says("model-00001-of-00003.safetensors", str("is one of 3 shards: open {}, which is missing; missing beside it: {}", folder / "model.safetensors.index.json",
                                                "model-00002-of-00003.safetensors, model-00003-of-00003.safetensors"));
  folder.put("pytorch_model.bin.index.json", "");
  folder.put("pytorch_model-00002-of-00002.bin", "");
  says("pytorch_model-00002-of-00002.bin", str("open {}; missing beside it: pytorch_model-00001-of-00002.bin", folder / "pytorch_model.bin.index.json"));
  folder.put("pytorch_model-00001-of-00002.bin", "");
  says("pytorch_model-00002-of-00002.bin", str("one of 2 shards: open {} |", folder / "pytorch_model.bin.index.json"));
  says("m-00001-of-00002.gguf", "one of 2 parts");
  says("m-00001-of-00001.gguf", "no such file");  // the only one may be opened
  says("m-0001-of-0002.gguf", "no such file");
}

TEST(TensorFileLies, Zips) {
  const std::vector<std::pair<std::string, std::string>> two = {{"archive/data.pkl", one_tensor()}, {"archive/data/0", std::string(16, '\0')}};
  const std::string good = zip_of(two);
  const auto named = [&](const std::string& name) { return zip_of({two[0], two[1], {name, "x"}}); };
  expect_refused({{"cut", good.substr(0, good.size() - 4), "not a zip archive, or cut at its end"},
                  {"cut inside", good.substr(0, 60), "not a zip archive, or cut at its end"},
                  {"no data.pkl", zip_of({{"archive/x", "y"}}), "holds no data.pkl"},
                  {"directory outside", zip_of(two, {.directory_past = 1u << 20}), "the zip directory lies outside the file"},
                  {"directory shifted", zip_of(two, {.directory_past = 1}), "zip directory entry: expected 'PK"},
                  {"more members than fit", zip_of(two, {.more_members = 60000}), "claims 60002 members"},
                  {"a member more", zip_of(two, {.more_members = 1}), "claims 3 members"},
                  {"name with ..", named("archive/../../x"), "expected a path inside the archive"},
                  {"absolute name", named("/etc/passwd"), "expected a path inside the archive"},
                  {"backslash", named("..\\x"), "expected a path inside the archive"},
                  {"no name", named(""), "expected a path inside the archive"},
                  {"the same name twice", named("archive/data/0"), "member 'archive/data/0' appears twice"},
                  {"another name in its own header", zip_of(two, {.own_name = "archive/data/1"}), "its own header differs"},
                  {"another size in its own header", zip_of(two, {.own_size = 8}), "its own header differs"},
                  {"offset past the end", zip_of(two, {.past = 1u << 20}), "lies outside the file"},
                  {"offset into nothing", zip_of(two, {.past = 3}), "expected 'PK"},
                  {"larger than the file", zip_of(two, {.own_size = 5000, .listed_size = 5000}), "truncated: 5000 bytes claimed"},
                  {"two sizes of a stored member", zip_of(two, {.own_size = 16, .unpacked = 1 << 30, .flags = 0}), "differs"},
                  {"compressed", zip_of(two, {.method = 8}), "is compressed, expected stored members"},
                  {"encrypted", zip_of(two, {.flags = 1}), "is encrypted"},
                  {"big-endian", torch_of(one_tensor(), std::string(16, '\0'), "big"), "written by a big-endian machine"},
                  {"storage missing", zip_of({two[0]}), "its storage data/0 is not in the archive"},
                  {"storage too short", torch_of(one_tensor(), "1234"), "has 4 bytes, expected 16"},
                  {"storage too long", torch_of(one_tensor(), std::string(20, 'x')), "has 20 bytes, expected 16"}},
                 20);
}

TEST(TensorFileLies, Pickles) {
  const auto of = [](const std::string& body) { return torch_of(pickle_of(body)); };
  const auto one = [](const PickledLie& lie) { return torch_of(one_tensor(lie)); };
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "}" + text("a");
  deep += "N" + std::string(40, 's');
  std::string doubled = "}" + std::string("q\0", 2);  // each level names the one before twice: 2^30 leaves
  for (int i = 1; i <= 30; ++i) {
    const std::string before = "h" + std::string(1, static_cast<char>(i - 1));
    doubled += "}q" + std::string(1, static_cast<char>(i)) + text("a") + before + "s" + text("b") + before + "s";
  }
  expect_refused(
      {{"os.system", of("cos\nsystem\n" + text("touch hacked") + "\x85R"), "byte 2: opcode GLOBAL: 'os system' is not among the names that rebuild tensors"},
       {"builtins.eval", of("cbuiltins\neval\n(" + text("1") + "tR"), "'builtins eval' is not among"},
       {"torch.load inside", of("ctorch\nload\n)R"), "'torch load' is not among"},
       {"a name that begins alike", of("ctorch._utils\n_rebuild_tensor_v2x\n)R"), "is not among"},
       {"STACK_GLOBAL", of(text("os") + text("system") + "\x93"), "opcode STACK_GLOBAL: not among those that rebuild tensors"},
       {"INST", of("(ios\nsystem\n"), "opcode INST"},
       {"OBJ", of("(co\nx\no"), "opcode GLOBAL"},
       {"NEWOBJ", of("ccollections\nOrderedDict\n)\x81"), "opcode NEWOBJ"},
       {"EXT1", of("\x82\x01"), "opcode EXT1"},
       {"PERSID", of("Px\n"), "opcode PERSID"},
       {"BUFFER", of("\x97"), "opcode NEXT_BUFFER"},
       {"no opcode", of("\xff"), "byte 2: unknown opcode 255"},
       {"protocol 4", torch_of("\x80\x04}."), "opcode PROTO: protocol 4, expected 2"},
       {"ends early", torch_of("\x80\x02}"), "opcode: the file ends too early"},
       {"bytes after the end", torch_of("\x80\x02}.}"), "goes on behind its end"},
       {"two values left", of("}}"), "more or less than one value is left"},
       {"a mark left", of("}("), "more or less than one value is left"},
       {"nothing left", of(""), "more or less than one value is left"},
       {"a list at the root", of("]"), "expected a dictionary of tensors"},
       {"empty stack", of("s"), "opcode SETITEM: the stack is empty"},
       {"pop through a mark", of("}(\x85"), "opcode TUPLE1: the stack is empty"},
       {"no mark", of("}u"), "opcode SETITEMS: there is no mark"},
       {"key without value", of("}(Nu"), "a key without a value"},
       {"item into a list", of("]NNs"), "got a list, expected a dictionary"},
       {"append to a dictionary", of("}Na"), "got a dictionary, expected a list"},
       {"memo never set", of("h\x07"), "opcode BINGET: memo 7 was never set"},
       {"memo 2^32", of("}r\xff\xff\xff\xff"), "a memo number larger than the pickle"},
       {"text past the end", of("X\xff\xff\xff\x7f"), "text: the file ends too early"},
       {"long of 200 bytes", of("\x8a\xc8"), "bytes of an integer: got 200, expected 0 to 8"},
       {"an endless name", of("c" + std::string(300, 'a') + "\n\n"), "a name of more than 200 letters"},
       {"build on a tensor", of("}" + text("a") + tensor_of() + "}bs"), "opcode BUILD: attributes for what is no dictionary"},
       {"reduce of an integer", of("K\x01)R"), "opcode REDUCE: got an integer, expected a name"},
       {"reduce with a list", of("ccollections\nOrderedDict\n]R"), "the arguments are no tuple"},
       {"OrderedDict of pairs", of("ccollections\nOrderedDict\n]\x85R"), "OrderedDict with arguments"},
       {"reduce of a storage type", of("ctorch\nFloatStorage\n)R"), "'torch FloatStorage' rebuilds nothing"},
       {"parameter of nothing", of("ctorch._utils\n_rebuild_parameter\n)R"), "got 0 arguments"},
       {"parameter of None", of("ctorch._utils\n_rebuild_parameter\nN\x85R"), "argument 1: got None, expected a tensor"},
       {"persistent id of text", of(text("storage") + "Q"), "opcode BINPERSID: got no storage"},
       {"persistent id of another kind", one({.kind = "module"}), "got no storage"},
       {"storage of a dtype", one({.storage = "float32"}), "got no kind of storage"},
       {"quantised storage", one({.storage = "QInt8Storage"}), "'torch QInt8Storage' is not among"},
       {"untyped storage", one({.storage = "Size"}), "got no kind of storage"},
       {"elements below 0", one({.elements = -4}), "argument 5: got -4, expected 0 or more"},
       {"offset below 0", one({.offset = -1}), "argument 2: got -1"},
       {"size below 0", one({.shape = {-2, 2}}), "argument 1: got -2"},
       {"stride below 0", one({.strides = {-2, 1}}), "argument 1: got -2"},
       {"offset past the storage", one({.offset = 1}), "reaches element 4 of a storage of 4"},
       {"shape past the storage", one({.shape = {3, 2}}), "reaches element 5 of a storage of 4"},
       {"stride past the storage", one({.strides = {3, 1}}), "reaches element 4 of a storage of 4"},
       {"empty tensor past the storage", one({.offset = 9, .shape = {0}, .strides = {1}}), "reaches element 9"},
       {"fewer strides", one({.strides = {1}}), "shape (2, 2) has strides (1,)"},
       {"nine dimensions", one({.shape = {1, 1, 1, 1, 1, 1, 1, 1, 1}}), "got 9 dimensions"},
       {"shape of 2^62", one({.shape = {2147483647, 2147483647}, .strides = {0, 0}}), "more elements than 2^48"},
       {"expanded beyond the file", one({.shape = {1000, 1000}, .strides = {0, 0}}), "repeats a storage of 16 bytes up to 4000000"},
       {"storage elsewhere", one({.key = "../../0"}), "its storage data/../../0 is not in the archive"},
       {"the same key twice", of("}" + text("a") + tensor_of() + "s" + text("a") + tensor_of() + "s"), "key 'a' appears twice"},
       {"two paths of one name",
        of("}" + text("a.b") + tensor_of() + "s" + text("a") + "}" + text("b") + tensor_of() + "ss"), "tensor 'a.b' appears twice"},
       {"a key that is no text", of("}NNs"), "is None, expected text or an integer"},
       {"nested 40 deep", of(deep), "nested deeper than 32"},
       {"a bomb of references", of("}" + text("r") + "(" + doubled + "ts"), "unfolds to more than 1,000,000 values"},
       {"a dictionary in itself", of("}q\x01" + text("a") + "h\x01s"), "nested deeper than 32"}},
      50);
}

TEST(TensorFileLies, Ggufs) {
  const std::string huge = le(~uint64_t{0});
  const auto pair = [](uint32_t type, const std::string& value) { return gguf_of({gguf_pair("k", type, value)}, {}); };
  const auto tensor = [](const std::vector<uint64_t>& sizes, uint32_t type = 0, uint64_t offset = 0) {
    return gguf_of({}, {gguf_tensor("t", sizes, type, offset)}, 64);
  };
  const auto pair_of_tensors = [](const char* second, uint64_t offset) {
    return gguf_of({}, {gguf_tensor("t", {4}, 0, 0), gguf_tensor(second, {4}, 0, offset)}, 64);
  };
  const auto aligned = [](uint32_t type, const std::string& value) { return gguf_of({gguf_pair("general.alignment", type, value)}, {}); };
  const auto array = [&](uint32_t type, uint64_t count, const std::string& items) { return pair(9, le(type) + le(count) + items); };
  const std::string u32 = le(uint32_t{7});
  expect_refused(
      {{"magic alone", "GGUF", "version: the file ends too early"},
       {"version 0", gguf_of({}, {}, 0, 0), "version: got 0, expected 2 or 3"},
       {"version 1", gguf_of({}, {}, 0, 1), "version: got 1, expected 2 or 3"},
       {"version 4", gguf_of({}, {}, 0, 4), "version: got 4, expected 2 or 3"},
       {"big-endian", gguf_of({}, {}, 0, 0x03000000), "the file is big-endian"},
       {"2^64 - 1 tensors", "GGUF" + le(uint32_t{3}) + huge + le(uint64_t{0}), "number of tensors: got 18446744073709551615"},
       {"2^64 - 1 keys", "GGUF" + le(uint32_t{3}) + le(uint64_t{0}) + huge, "number of keys: got 18446744073709551615"},
       {"a million tensors that are not there", "GGUF" + le(uint32_t{3}) + le(uint64_t{1000000}) + le(uint64_t{0}),
        "name of tensor 1: the file ends too early"},
       {"cut in the counts", "GGUF" + le(uint32_t{3}) + le(uint32_t{0}), "number of tensors: the file ends too early"},
       {"key of 2^64 - 1 bytes", gguf_of({huge}, {}), "length of key 1: got 18446744073709551615, expected 0 to 65535"},
       {"key past the end", gguf_of({le(uint64_t{60000})}, {}), "key 1: the file ends too early"},
       {"empty key", gguf_of({gguf_pair("", 4, u32)}, {}), "key 1: is empty"},
       {"the same key twice", gguf_of({gguf_pair("k", 4, u32), gguf_pair("k", 4, u32)}, {}), "key 'k': appears twice"},
       {"type 13", pair(13, u32), "type of key 'k': got 13, expected 0 to 12"},
       {"type 2^32 - 1", pair(~0u, u32), "type of key 'k': got 4294967295"},
       {"boolean 2", pair(7, "\x02"), "key 'k': got 2, expected 0 to 1"},
       {"text of 2^64 - 1 bytes", pair(8, huge), "length of key 'k': got 18446744073709551615"},
       {"text past the end", pair(8, le(uint64_t{1000})), "key 'k': the file ends too early: 1000 bytes needed"},
       {"array of 2^64 - 1", array(4, ~uint64_t{0}, ""), "length of key 'k': got 18446744073709551615"},
       {"array past the end", array(4, 1u << 20, u32), "1048576 items of u32 claimed"},
       {"array of empty texts past the end", array(8, 1u << 20, ""), "1048576 items of text claimed"},
       {"array of arrays", array(9, 1, u32), "arrays of arrays are not supported"},
       {"array of type 13", array(13, 1, u32), "type of the items of key 'k': got 13"},
       {"alignment of 0", aligned(4, le(0u)), "got 0, expected a power of two"},
       {"alignment of 24", aligned(4, le(24u)), "got 24, expected a power of two"},
       {"alignment of 2^31", aligned(4, le(1u << 31)), "got 2147483648, expected a power of two up to 1048576"},
       {"alignment of another type", aligned(10, le(uint64_t{32})), "key 'general.alignment': expected one u32"},
       {"alignment an array", aligned(9, le(4u) + le(uint64_t{1}) + le(32u)), "expected one u32"},
       {"no name", gguf_of({}, {gguf_tensor("", {4}, 0, 0)}, 64), "tensor 1: has no name"},
       {"five dimensions", tensor({1, 1, 1, 1, 1}), "dimensions of tensor 't': got 5, expected 0 to 4"},
       {"2^32 - 1 dimensions", gguf_of({}, {gguf_text("t") + le(~0u)}), "dimensions of tensor 't': got 4294967295"},
       {"a size of 0", tensor({4, 0}), "size of tensor 't': got 0"},
       {"a size of 2^64 - 1", tensor({~uint64_t{0}}), "size of tensor 't': got 18446744073709551615"},
       {"sizes that wrap to 0", tensor({1ull << 32, 1ull << 32}), "more elements than 2^48"},
       {"sizes that wrap to 4", tensor({(1ull << 47) + 1, 1ull << 47, 4}), "more elements than 2^48"},
       {"type 5, removed", tensor({4}, 5), "type 5 is not one of ggml's"},
       {"type 2^32 - 1", tensor({4}, ~0u), "type 4294967295 is not one of ggml's"},
       {"rows that fill no blocks", tensor({33}, 8), "rows of 33 do not fill whole blocks of 32 (Q8_0)"},
       {"a scalar of blocks", tensor({}, 8), "1 elements do not fill whole blocks of 32"},
       {"a type that is not read", tensor({256}, 16, 0) + std::string(66, 'x'), "type IQ2_XXS is not supported"},
       {"past the end", tensor({17}), "truncated: tensor 't' ends at byte"},
       {"offset past the end", tensor({4}, 0, 1u << 20), "begins at byte 1048576 of the data, expected 0"},
       {"offset 2^64 - 32", tensor({4}, 0, ~uint64_t{31}), "begins at byte 18446744073709551584"},
       {"offset not aligned", pair_of_tensors("u", 16), "tensor 'u': begins at byte 16 of the data, expected 32"},
       {"two on one place", pair_of_tensors("u", 0), "tensor 'u': begins at byte 0 of the data, expected 32"},
       {"the same tensor twice", pair_of_tensors("t", 32), "tensor 't' appears twice"}},
      40);
}

TEST(TensorFileLies, Llama2c) {
  const auto refused = [](const std::vector<int32_t>& header, int64_t floats, const char* words) {
    const std::string bytes = llama2c_of(header, floats);
    Reader reader(bytes, "made.bin");
    try {
      parse_llama2c_header(reader, "made.bin");
      ADD_FAILURE() << "accepted, expected: " << words;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
    }
    EXPECT_FALSE(begins_llama2c(std::string_view(bytes).substr(0, 512), bytes.size())) << words;
  };
  // dim 4, hidden 6, one layer, 2 heads, 1 for keys, 3 tokens, 5 places: 12 + 4 + 16 + 8 + 8 + 16 + 4 + 24 * 3 + 4 + 5 + 5
  const std::string good = llama2c_of({4, 6, 1, 2, 1, 3, 5}, 154);
  ASSERT_TRUE(begins_llama2c(good, good.size()));
  const std::string untied = llama2c_of({4, 6, 1, 2, 1, -3, 5}, 154 + 12);
  ASSERT_TRUE(begins_llama2c(untied, untied.size()));
  refused({4, 6, 1, 2, 1, 3, 5}, 153, "got 640 bytes, expected 644");
  refused({4, 6, 1, 2, 1, 3, 5}, 155, "got 648 bytes, expected 644");
  refused({4, 6, 1, 2, 1, -3, 5}, 154, "got 644 bytes, expected 692");
  refused({4, 6}, 0, "n_layers: the file ends too early");
  refused({0, 6, 1, 2, 1, 3, 5}, 154, "dim: got 0");
  refused({-4, 6, 1, 2, 1, 3, 5}, 154, "dim: got -4");
  refused({4, 2147483647, 1, 2, 1, 3, 5}, 154, "hidden_dim: got 2147483647");
  refused({4, 6, 2147483647, 2, 1, 3, 5}, 154, "n_layers: got 2147483647");
  refused({4, 6, 1, 0, 1, 3, 5}, 154, "n_heads: got 0");
  refused({4, 6, 1, 3, 1, 3, 5}, 154, "dim 4 does not split into 3 heads");
  refused({4, 6, 1, 4, 1, 3, 5}, 154, "heads of an even width");
  refused({4, 6, 1, 2, 3, 3, 5}, 154, "2 heads do not share 3 pairs");
  refused({4, 6, 1, 2, 1, 0, 5}, 154, "vocab_size is 0");
  refused({4, 6, 1, 2, 1, INT32_MIN, 5}, 154, "vocab_size: got -2147483648");
  refused({4, 6, 1, 2, 1, 3, 0}, 154, "seq_len: got 0");
}

TEST(TensorFileLies, Llmc) {
  // version 3, 5 places, 3 tokens, one layer, 2 heads of 2, 4 rows of tokens: 4 * 4 + 5 * 4 + 12 * 16 + 13 * 4 + 2 * 4
  constexpr int64_t kFloats = 288;
  const std::vector<int32_t> good = {20240326, 3, 5, 3, 1, 2, 4, 4};
  const auto with = [&](size_t at, int32_t value) {
    std::vector<int32_t> header = good;
    header[at] = value;
    return llmc_of(header, kFloats * 4);
  };
  {
    const TempFolder folder;
    EXPECT_EQ(refusal_of(folder.put("good.bin", llmc_of(good, kFloats * 4))), "");
  }
  expect_refused({{"cut", llmc_of(good, kFloats * 4 - 4), "got 2172 bytes, expected 2176"},
                  {"longer", llmc_of(good, kFloats * 4 + 1), "got 2177 bytes, expected 2176"},
                  {"bf16 of f32's size", with(1, 5), "got 2176 bytes, expected 1600"},
                  {"cut in the header", llmc_of(good, 0).substr(0, 30), "padded_vocab_size: the file ends too early"},
                  {"cut behind the sizes", llmc_of(good, 0).substr(0, 40), "header: the file ends too early"},
                  {"magic alone", llmc_of(good, 0).substr(0, 4), "version: the file ends too early"},
                  {"version 1", with(1, 1), "version 1, expected 3 (f32) or 5 (bf16) | it is older"},
                  {"version 4", with(1, 4), "version 4, expected 3"},
                  {"a tokenizer", with(0, 20240328), "this is a tokenizer of llm.c, expected a checkpoint"},
                  {"tokens", with(0, 20240520), "this is tokens to train on of llm.c"},
                  {"a state", with(0, 20240327), "this is a state for debugging of llm.c"},
                  {"no places", with(2, 0), "max_seq_len: got 0"},
                  {"no tokens", with(3, 0), "vocab_size: got 0"},
                  {"fewer rows than tokens", with(7, 2), "padded_vocab_size: got 2, expected 3 to"},
                  {"no padded vocabulary", with(7, 0), "padded_vocab_size: got 0"},
                  {"layers below 0", with(4, -1), "num_layers: got -1"},
                  {"2^31 - 1 layers", with(4, INT32_MAX), "num_layers: got 2147483647"},
                  {"no heads", with(5, 0), "num_heads: got 0"},
                  {"heads that do not divide", with(5, 3), "4 channels do not split into 3 heads"},
                  {"2^31 - 1 channels", with(6, INT32_MAX), "channels: got 2147483647"},
                  {"a million channels", with(6, 1 << 20), "expected 52776658797568"},
                  {"a layer more", with(4, 2), "got 2176 bytes, expected 3152"}},
                 20);
}

TEST(TensorFileLies, ShardIndexes) {
  const TempFolder folder;
  write_safetensors(folder / "a.safetensors", {{"x", Tensor::ones({2})}});
  write_safetensors(folder / "b.safetensors", {{"y", Tensor::ones({2})}});
  write_safetensors(folder / "both.safetensors", {{"x", Tensor::ones({2})}, {"y", Tensor::ones({2})}});
  write_safetensors(folder / "more.safetensors", {{"y", Tensor::ones({2})}, {"z", Tensor::ones({2})}});
  folder.put("empty.safetensors", "");
  folder.put("loop.json", R"({"weight_map":{"x":"loop.json"}})");
  const auto said = [&](const std::string& json) { return refusal_of(folder.put("model.safetensors.index.json", json)); };
  const auto map = [](const std::string& entries) { return "{\"weight_map\":{" + entries + "}}"; };
  EXPECT_EQ(said(map(R"("x":"a.safetensors","y":"b.safetensors")")), "");
  const std::pair<std::string, const char*> lies[] = {
      {map(R"("x":"a.safetensors","y":"c.safetensors")"), "the shard c.safetensors is missing, which holds 'y'"},
      {map(R"("x":"../a.safetensors")"), "'../a.safetensors' leaves the folder"},
      {map(R"("x":"/etc/passwd")"), "'/etc/passwd' leaves the folder"},
      {map(R"("x":"")"), "'' leaves the folder"},
      {map(R"("x":"..")"), "'..' leaves the folder"},
      {map(R"("x":3)"), "weight_map: 'x': got integer, expected the name of a file"},
      {map(R"("x":"a.safetensors","x":"b.safetensors")"), "key 'x' appears twice"},
      {map(R"("x":"a.safetensors","y":"a.safetensors")"), "tensor 'y' is not in a.safetensors, where the index has it"},
      {map(R"("x":"b.safetensors","y":"a.safetensors")"), "tensor 'x' is in a.safetensors, the index says in b.safetensors"},
      {map(R"("x":"a.safetensors","y":"more.safetensors")"), "tensor 'z' of more.safetensors is not in the index"},
      {map(R"("x":"a.safetensors","y":"both.safetensors")"), "tensor 'x' is in both.safetensors, the index says in a.safetensors"},
      {map(R"("x":"empty.safetensors")"), "the file is empty"},
      {map(R"("x":"loop.json")"), "loop.json: it begins as none of"},
      {map(""), "weight_map: is empty"},
      {R"({"weight_map":[]})", "weight_map: got array, expected an object"},
      {R"({"metadata":{}})", "has no 'weight_map'"},
      {R"({"weight_map":)", "line 1"}};
  for (const auto& [json, words] : lies) EXPECT_NE(said(json).find(words), std::string::npos) << json << " said: " << said(json);
}

// Every single-byte change and every truncation of small good files gives tensors or an Error, nothing else.
TEST(TensorFileLies, MutantsOfGoodFiles) {
  const TempFolder folder;
  const std::string good[] = {torch_of(one_tensor({.strides = {1, 2}})),
                              gguf_of({gguf_pair("k", 9, le(8u) + le(uint64_t{2}) + gguf_text("a") + gguf_text("b"))}, {gguf_tensor("t", {4, 2}, 0, 0)}, 32),
                              llama2c_of({4, 6, 1, 2, 1, 3, 5}, 154), llmc_of({20240326, 3, 5, 3, 1, 2, 4, 4}, 288 * 4)};
  for (const std::string& g : good) {
    int accepted = 0;
    const auto try_one = [&](const std::string& bytes) {
      try {
        const auto file = open_one("mutant", std::make_unique<BytesFile>(bytes));
        for (const TensorEntry& e : file->entries()) file->read(e);
        ++accepted;
      } catch (const Error&) {
      }
    };
    try_one(g);
    EXPECT_EQ(accepted, 1);
    for (size_t i = 0; i < std::min<size_t>(g.size(), 500); ++i) {
      try_one(g.substr(0, i));
      for (int value : {0, 1, 2, 4, 9, 16, 46, 64, 127, 128, 130, 200, 255}) {
        std::string bytes = g;
        bytes[i] = static_cast<char>(value);
        try_one(bytes);
      }
    }
    EXPECT_GT(accepted, 100);
  }
}

}  // namespace
}  // namespace grim
