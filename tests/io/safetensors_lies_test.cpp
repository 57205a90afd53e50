// Files that lie. Each kind of lie has its own words; none may crash, hang, or allocate what the file merely claims.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/io/safetensors_header.h"

namespace grim {
namespace {

std::string number(uint64_t n) { return {reinterpret_cast<const char*>(&n), 8}; }
std::string file_of(const std::string& json, size_t data_bytes) {
  return number(json.size()) + json + std::string(data_bytes, 'x');
}
std::string one(const std::string& fields, size_t data_bytes = 8) {
  return file_of("{\"a\":{" + fields + "}}", data_bytes);
}
std::string at(const std::string& offsets, size_t data_bytes = 8) {
  return one(R"("dtype":"F32","shape":[2],"data_offsets":)" + offsets, data_bytes);
}
std::string shaped(const std::string& shape, const std::string& dtype = "F32") {
  return one(R"("dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,8])");
}
std::string two(const std::string& first, const std::string& second, size_t data_bytes = 16) {
  const std::string rest = R"({"dtype":"F32","shape":[2],"data_offsets":)";
  return file_of("{\"a\":" + rest + first + "},\"b\":" + rest + second + "}}", data_bytes);
}

struct Lie {
  const char* name;
  std::string bytes;
  const char* words;  // that the error must hold
};

std::vector<Lie> lies() {
  const std::string good = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  return {
      // the length
      {"empty file", "", "the file is empty, expected safetensors"},
      {"one byte", "x", "too short to be safetensors: got 1 bytes"},
      {"seven bytes", "\x08\0\0\0\0\0\0", "too short"},
      {"length only", number(10), "truncated: the header is 10 bytes long, got 0"},
      {"length past the end", number(100) + "{}", "truncated: the header is 100 bytes long, got 2"},
      {"length over 100 MB", number(100'000'001) + "{}", "expected at most 100000000"},
      {"length 2^63", number(1ull << 63) + "{}", "expected at most 100000000"},
      {"length 2^64 - 1", number(~0ull) + "{}", "expected at most 100000000"},
      {"length 0", number(0) + "{}", "header length: got 0"},
      {"length 1", number(1) + "{", "header length: got 1"},
      // the JSON
      {"header cut inside", number(5) + R"({"a":1})", "header: line 1, column 5"},
      {"not an object", file_of("[]", 0), "does not begin with '{'"},
      {"leading space", file_of(" {}", 0), "does not begin with '{'"},
      {"byte order mark", file_of("\xef\xbb\xbf{}", 0), "does not begin with '{'"},
      {"text after the object", file_of("{} x", 0), "header: line 1, column 4"},
      {"NUL padding", file_of(std::string("{}\0\0", 4), 0), "header: line 1, column 3: a NUL byte"},
      {"invalid UTF-8", file_of("{\"\xff\":" + good + "}", 8), "header: line 1"},
      {"lone surrogate", file_of("{\"\\ud800\":" + good + "}", 8), "header: line 1"},
      {"deep nesting", file_of("{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}", 0),
       "nested deeper than 128"},
      {"the same tensor twice", file_of("{\"a\":" + good + ",\"a\":" + good + "}", 8), "key 'a' appears twice"},
      {"the same field twice", one(R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])"),
       "key 'dtype' appears twice"},
      {"metadata twice", file_of(R"({"__metadata__":{},"__metadata__":{}})", 0), "key '__metadata__' appears twice"},
      {"a number of a million digits", file_of("{\"a\":[" + std::string(1'000'000, '9') + "]}", 0), "header: line 1"},
      {"millions of values",
       [] {
         std::string json = "{\"a\":[";
         for (int i = 0; i < 2'100'000; ++i) json += "0,";
         return file_of(json + "0]}", 0);
       }(),
       "too many values"},
      // the metadata
      {"metadata a list", file_of(R"({"__metadata__":[]})", 0), "__metadata__: got array, expected an object"},
      {"metadata a number", file_of(R"({"__metadata__":{"k":1}})", 0),
       "__metadata__: key 'k': got integer, expected text"},
      {"metadata nested", file_of(R"({"__metadata__":{"k":{}}})", 0),
       "__metadata__: key 'k': got object, expected text"},
      {"metadata null", file_of(R"({"__metadata__":null})", 0), "__metadata__: got null"},
      // the fields
      {"entry a number", file_of(R"({"a":1})", 0), "tensor 'a': got integer, expected an object"},
      {"no dtype", one(R"("shape":[2],"data_offsets":[0,8])"), "field 'dtype' is missing"},
      {"no shape", one(R"("dtype":"F32","data_offsets":[0,8])"), "field 'shape' is missing"},
      {"no offsets", one(R"("dtype":"F32","shape":[2])"), "field 'data_offsets' is missing"},
      {"unknown dtype", shaped("[2]", "F31"), "unknown dtype 'F31'"},
      {"dtype in lower case", shaped("[2]", "f32"), "unknown dtype 'f32'"},
      {"dtype a number", one(R"("dtype":32,"shape":[2],"data_offsets":[0,8])"), "dtype: got integer, expected text"},
      {"shape a number", shaped("2"), "shape: got integer, expected an array"},
      {"shape of text", shaped("[\"2\"]"), "expected integers of 0 or more"},
      {"shape negative", shaped("[-2]"), "expected integers of 0 or more"},
      {"shape two negatives", shaped("[-2,-1]"), "expected integers of 0 or more"},
      {"shape a real", shaped("[2.0]"), "expected integers of 0 or more"},
      {"shape 2^64", shaped("[18446744073709551616]"), "expected integers of 0 or more"},
      {"shape product 2^64", shaped("[4294967296,4294967296]"), "more elements than 2^48"},
      {"shape product wraps to 2", shaped("[9223372036854775807,2,2]"), "more elements than 2^48"},
      {"shape bytes wrap", shaped("[4611686018427387905]"), "more elements than 2^48"},
      {"half a byte", shaped("[1]", "F4"), "do not fill whole blocks of 2"},
      // the offsets
      {"offsets a number", at("8"), "expected [begin, end]"},
      {"offsets one", at("[8]"), "expected [begin, end]"},
      {"offsets three", at("[0,4,8]"), "expected [begin, end]"},
      {"offsets negative", at("[-8,0]"), "expected [begin, end]"},
      {"offsets real", at("[0,8.0]"), "expected [begin, end]"},
      {"offsets text", at("[\"0\",8]"), "expected [begin, end]"},
      {"offsets null", at("[null,8]"), "expected [begin, end]"},
      {"offsets backwards", at("[8,0]"), "expected begin <= end"},
      {"too few bytes", at("[0,4]"), "got 4 bytes, expected 8 for F32 [2]"},
      {"too many bytes", at("[0,12]", 12), "got 12 bytes, expected 8"},
      {"offsets near 2^63", at("[9223372036854775799,9223372036854775807]"), "belong to no tensor"},
      {"first not at 0", at("[8,16]", 16), "bytes 0 to 8 of the data belong to no tensor"},
      {"past the end", at("[0,8]", 4), "truncated: tensor 'a' ends at byte 8 of the data, got 4"},
      {"no data at all", at("[0,8]", 0), "truncated: tensor 'a' ends at byte 8 of the data, got 0"},
      {"bytes after the last", at("[0,8]", 9), "1 bytes after the last tensor belong to none"},
      {"data without tensors", file_of("{}", 3), "3 bytes after the last tensor"},
      {"two on one place", two("[0,8]", "[0,8]", 8), "tensors 'a' and 'b' overlap at byte 0"},
      {"two overlap by half", two("[0,8]", "[4,12]", 12), "tensors 'a' and 'b' overlap at byte 4"},
      {"hole between two", two("[0,8]", "[12,20]", 20), "bytes 8 to 12 of the data belong to no tensor"},
      {"second past the end", two("[0,8]", "[8,16]", 15), "truncated: tensor 'b' ends at byte 16"},
      {"swapped and overlapping", two("[8,16]", "[4,12]", 16), "bytes 0 to 4"},
      // other files
      {"LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:abcd\nsize 548105171\n",
       "Git LFS pointer, not the file itself: version https://git-lfs.github.com/spec/v1 oid sha256:abcd size 548105171"},
      {"web page", "<!DOCTYPE html>\n<html><body>404</body></html>", "this is a web page"},
      {"web page after space", "\r\n  <html>", "this is a web page"},
      {"zip", std::string("PK\x03\x04") + std::string(60, '\0'), "this is a zip archive"},
      {"pickle", "\x80\x02}q\x00.", "this is a Python pickle"},
      {"GGUF", "GGUF\x03\0\0\0\0\0\0\0", "this is a GGUF file"},
      {"plain text", "hello, this is just text", "expected at most 100000000"},
  };
}

TEST(SafetensorsLies, EveryKindIsNamed) {
  const test::TempFolder folder;
  const std::vector<Lie> all = lies();
  EXPECT_GE(all.size(), 40u);
  for (const Lie& lie : all) {
    const std::string path = folder.put("lie.safetensors", lie.bytes);
    try {
      read_safetensors(path);
      ADD_FAILURE() << lie.name << ": was accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << lie.name;
      const std::string said = e.what();
      EXPECT_NE(said.find(lie.words), std::string::npos) << lie.name << " said: " << said;
      EXPECT_NE(said.find(path), std::string::npos) << lie.name << " does not name the file: " << said;
      EXPECT_LT(said.size(), 700u) << lie.name;
    }
  }
}

TEST(SafetensorsLies, OddButTrueFilesAreRead) {
  const test::TempFolder folder;
  const std::string entry = R"({"dtype":"F32","shape":[2],"data_offsets":)";
  EXPECT_TRUE(read_safetensors(folder.put("a", file_of("{}", 0))).empty());
  EXPECT_TRUE(read_safetensors(folder.put("b", file_of("{}      ", 0))).empty());
  EXPECT_EQ(read_safetensors(folder.put("c", two("[8,16]", "[0,8]"))).size(), 2u);  // not in the order of the data
  EXPECT_EQ(read_safetensors(folder.put("d", file_of(R"({"\u00e9":)" + entry + "[0,8]}}", 8))).count("é"), 1u);
  const std::string sixty = R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})" + std::string(6, ' ');
  ASSERT_EQ(sixty.size(), size_t{'<'});  // the file begins like a web page
  EXPECT_EQ(read_safetensors(folder.put("f", file_of(sixty, 8))).size(), 1u);
  const std::string empties = R"({"x":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},"y":{"dtype":"U8","shape":[],)"
                              R"("data_offsets":[0,1]},"z":{"dtype":"I64","shape":[7,0],"data_offsets":[1,1]}})";
  const TensorMap read = read_safetensors(folder.put("e", file_of(empties, 1)));
  EXPECT_EQ(read.at("x").shape(), (Shape{0, 5}));
  EXPECT_EQ(read.at("y").item(), 'x');
  EXPECT_EQ(read.at("z").numel(), 0);
}

// Every single-byte change and every truncation of a small good file gives tensors or an Error, nothing else.
TEST(SafetensorsLies, MutantsOfAGoodFile) {
  const std::string good = two("[0,8]", "[8,16]");
  int accepted = 0;
  const auto try_one = [&](const std::string& bytes) {
    try {
      const uint64_t n = safetensors_header_length(bytes, bytes.size(), "mutant");
      parse_safetensors_header(std::string_view(bytes).substr(8, n), bytes.size(), "mutant");
      ++accepted;
    } catch (const Error&) {
    }
  };
  for (size_t i = 0; i < good.size(); ++i) {
    try_one(good.substr(0, i));
    for (int value = 0; value < 256; ++value) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(value);
      try_one(bytes);
    }
  }
  EXPECT_GT(accepted, 256 * 16);  // changes of the data are not the header's business
}

}  // namespace
}  // namespace grim
