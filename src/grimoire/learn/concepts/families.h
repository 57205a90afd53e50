// The families of concepts, in the order in which a newcomer meets them: a new one is a file and a name here.
#pragma once

#include "grimoire/learn/concept.h"

namespace grim::learn {

extern const Family kData, kStat, kTest, kInfo, kLoss, kLin, kModel, kReg, kThy, kAi, kCls, kScore, kNn, kAct, kOpt, kInit, kNorm, kLm, kDraw, kSeq, kAtt,
    kBert, kLlm, kTok, kVec, kTask, kAda, kAln, kInt, kEval, kGen, kFew, kDist, kCpx;

inline const Family* const kFamilies[] = {&kData, &kStat, &kTest, &kInfo, &kLoss, &kLin, &kModel, &kReg, &kThy, &kAi, &kCls, &kScore, &kNn, &kAct,
    &kOpt, &kInit, &kNorm, &kLm, &kDraw, &kSeq, &kAtt, &kBert, &kLlm, &kTok, &kVec, &kTask, &kAda, &kAln, &kInt, &kEval, &kGen, &kFew, &kDist, &kCpx};

}  // namespace grim::learn
