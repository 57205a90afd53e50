#include "grimoire/io/pickle_words.h"

namespace grim {
namespace {

constexpr struct {
  int code;
  const char* name;
} kOpcodes[] = {
    {73, "INT"}, {74, "BININT"}, {75, "BININT1"}, {77, "BININT2"}, {76, "LONG"}, {138, "LONG1"}, {139, "LONG4"}, {83, "STRING"}, {84, "BINSTRING"},
    {85, "SHORT_BINSTRING"}, {66, "BINBYTES"}, {67, "SHORT_BINBYTES"}, {142, "BINBYTES8"}, {150, "BYTEARRAY8"}, {151, "NEXT_BUFFER"}, {152,
    "READONLY_BUFFER"}, {78, "NONE"}, {136, "NEWTRUE"}, {137, "NEWFALSE"}, {86, "UNICODE"}, {140, "SHORT_BINUNICODE"}, {88, "BINUNICODE"}, {141,
    "BINUNICODE8"}, {70, "FLOAT"}, {71, "BINFLOAT"}, {93, "EMPTY_LIST"}, {97, "APPEND"}, {101, "APPENDS"}, {108, "LIST"}, {41, "EMPTY_TUPLE"}, {116,
    "TUPLE"}, {133, "TUPLE1"}, {134, "TUPLE2"}, {135, "TUPLE3"}, {125, "EMPTY_DICT"}, {100, "DICT"}, {115, "SETITEM"}, {117, "SETITEMS"}, {143,
    "EMPTY_SET"}, {144, "ADDITEMS"}, {145, "FROZENSET"}, {48, "POP"}, {50, "DUP"}, {40, "MARK"}, {49, "POP_MARK"}, {103, "GET"}, {104, "BINGET"},
    {106, "LONG_BINGET"}, {112, "PUT"}, {113, "BINPUT"}, {114, "LONG_BINPUT"}, {148, "MEMOIZE"}, {130, "EXT1"}, {131, "EXT2"}, {132, "EXT4"}, {99,
    "GLOBAL"}, {147, "STACK_GLOBAL"}, {82, "REDUCE"}, {98, "BUILD"}, {105, "INST"}, {111, "OBJ"}, {129, "NEWOBJ"}, {146, "NEWOBJ_EX"}, {128, "PROTO"},
    {46, "STOP"}, {149, "FRAME"}, {80, "PERSID"}, {81, "BINPERSID"}};

// --- what names may stand for ----------------------------------------------------------------------------------------

constexpr struct {
  const char *name, *stored;
} kStorages[] = {{"DoubleStorage", "F64"}, {"FloatStorage", "F32"}, {"HalfStorage", "F16"}, {"BFloat16Storage", "BF16"}, {"LongStorage", "I64"},
                 {"IntStorage", "I32"},    {"ShortStorage", "I16"}, {"CharStorage", "I8"},  {"ByteStorage", "U8"},       {"BoolStorage", "BOOL"}};
constexpr struct {
  const char *name, *stored;
} kDtypes[] = {{"float64", "F64"}, {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}, {"int64", "I64"}, {"int32", "I32"}, {"int16", "I16"},
               {"int8", "I8"}, {"uint8", "U8"}, {"uint16", "U16"}, {"uint32", "U32"}, {"uint64", "U64"}, {"bool", "BOOL"},
               {"float8_e4m3fn", "F8_E4M3"}, {"float8_e5m2", "F8_E5M2"}, {"float8_e4m3fnuz", "F8_E4M3FNUZ"}, {"float8_e5m2fnuz", "F8_E5M2FNUZ"},
               {"float8_e8m0fnu", "F8_E8M0"}};
constexpr struct {
  const char* name;
  Word word;
} kWords[] = {{"collections OrderedDict", Word::ordered_dict},
              {"torch Size", Word::size},
              {"torch._utils _rebuild_tensor_v2", Word::rebuild_tensor},
              {"torch._utils _rebuild_tensor_v3", Word::rebuild_typed_tensor},
              {"torch._utils _rebuild_parameter", Word::rebuild_parameter}};

}  // namespace

const char* name_of_opcode(int code) {
  for (const auto& o : kOpcodes)
    if (o.code == code) return o.name;
  return nullptr;
}

std::optional<PickleWord> pickle_word(std::string_view name) {
  for (const auto& w : kWords)
    if (name == w.name) return PickleWord{w.word, nullptr};
  if (name == "torch.storage UntypedStorage") return PickleWord{Word::storage, nullptr};
  constexpr std::string_view kTorch = "torch ";
  if (!name.starts_with(kTorch)) return {};
  const std::string_view in_torch = name.substr(kTorch.size());
  for (const auto& s : kStorages)
    if (in_torch == s.name) return PickleWord{Word::storage, stored_type(s.stored)};
  for (const auto& d : kDtypes)
    if (in_torch == d.name) return PickleWord{Word::dtype, stored_type(d.stored)};
  return {};
}

}  // namespace grim
