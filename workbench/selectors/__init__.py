"""Reusable selectors that plugins configure for the roles of their tasks, and what selectors are made of.

Every selector here is a frozen dataclass; a plugin gives it ``params``, and a recipe replaces these. Importing this package costs nothing: what is
heavy is imported when a selector scores.
"""

from __future__ import annotations

from workbench.selectors._answer_prior import AnswerPrior, AnswerPriorParams
from workbench.selectors._answers import AnswerForm, AnswerParams, ContradictingAnswers
from workbench.selectors._association import Association, AssociationParams, GroupAssociation, GroupAssociationParams
from workbench.selectors._axes import AxisShares, axis_shares
from workbench.selectors._balance import Balance, BalanceParams
from workbench.selectors._boilerplate import Boilerplate
from workbench.selectors._choice import Coverage, Longest, RandomOrder, RandomOrderParams
from workbench.selectors._columns import Evidence, findings, text_of
from workbench.selectors._composition import Composition
from workbench.selectors._contamination import Contamination, ContaminationParams
from workbench.selectors._counterfactual import Counterfactual, CounterfactualParams
from workbench.selectors._cross_role import CrossRoleDuplicates, CrossRoleParams
from workbench.selectors._diverse import Diverse, DiverseParams
from workbench.selectors._exact import ExactDuplicateParams, ExactDuplicates
from workbench.selectors._faithful import Extractiveness, Unsupported
from workbench.selectors._function import Found, FunctionSelector, from_function
from workbench.selectors._garbled import Garbled
from workbench.selectors._gopher import GopherParams, GopherQuality, GopherRepetition
from workbench.selectors._group_counts import GroupCounts, GroupCountsParams
from workbench.selectors._groups import AXES, GROUPS
from workbench.selectors._importance import ImportanceParams, ImportanceResampling
from workbench.selectors._input_target import InputTargetParams, TargetCopiesInput, TargetLength
from workbench.selectors._jit import kernel
from workbench.selectors._label_noise import LabelNoise, LabelNoiseParams
from workbench.selectors._labels import LabelSet, LabelSetParams
from workbench.selectors._language import Language, LanguageParams, TargetLanguage
from workbench.selectors._lead_bias import LeadBias
from workbench.selectors._leftovers import Leftovers
from workbench.selectors._lengths import LengthOutliers
from workbench.selectors._loss_curves import LossCurves, LossCurvesParams
from workbench.selectors._model_scores import InstructionDifficulty, PerplexityOutliers
from workbench.selectors._near import NearDuplicateParams, NearDuplicates
from workbench.selectors._personal import PersonalData
from workbench.selectors._pronouns import PronounChange
from workbench.selectors._representation import Mentions, Representation, Share, mentions
from workbench.selectors._responses import ResponseForm, ResponseParams
from workbench.selectors._roles import RolesParams
from workbench.selectors._semantic import SemanticDuplicateParams, SemanticDuplicates
from workbench.selectors._sources import SourceAssociation, SourceAssociationParams
from workbench.selectors._space import SpaceParams
from workbench.selectors._spans import AnswerNotInContext, SpanParams
from workbench.selectors._surface import EmptyText, LengthBound, LengthBounds, Repetition
from workbench.selectors._text import sentences, unspaced_share, words
from workbench.selectors._tokens import token_counts
from workbench.selectors._towards import TargetSimilarity, TargetSimilarityParams
from workbench.selectors._toxicity import Toxicity, ToxicityParams
from workbench.selectors._toxicity_model import ToxicityModel, ToxicityModelParams
from workbench.selectors._trajectories import AreaUnderMargin, Cartography, ErrorNorm, ErrorNormParams, Forgetting
from workbench.selectors._truncation import Truncation
from workbench.selectors._weights import Reweighing, ReweighingParams

__all__ = [
    "AXES",
    "GROUPS",
    "AnswerForm",
    "AnswerNotInContext",
    "AnswerParams",
    "AnswerPrior",
    "AnswerPriorParams",
    "AreaUnderMargin",
    "Association",
    "AssociationParams",
    "AxisShares",
    "Balance",
    "BalanceParams",
    "Boilerplate",
    "Cartography",
    "Composition",
    "Contamination",
    "ContaminationParams",
    "ContradictingAnswers",
    "Counterfactual",
    "CounterfactualParams",
    "Coverage",
    "CrossRoleDuplicates",
    "CrossRoleParams",
    "Diverse",
    "DiverseParams",
    "EmptyText",
    "ErrorNorm",
    "ErrorNormParams",
    "Evidence",
    "ExactDuplicateParams",
    "ExactDuplicates",
    "Extractiveness",
    "Forgetting",
    "Found",
    "FunctionSelector",
    "Garbled",
    "GopherParams",
    "GopherQuality",
    "GopherRepetition",
    "GroupAssociation",
    "GroupAssociationParams",
    "GroupCounts",
    "GroupCountsParams",
    "ImportanceParams",
    "ImportanceResampling",
    "InputTargetParams",
    "InstructionDifficulty",
    "LabelNoise",
    "LabelNoiseParams",
    "LabelSet",
    "LabelSetParams",
    "Language",
    "LanguageParams",
    "LeadBias",
    "Leftovers",
    "LengthBound",
    "LengthBounds",
    "LengthOutliers",
    "Longest",
    "LossCurves",
    "LossCurvesParams",
    "Mentions",
    "NearDuplicateParams",
    "NearDuplicates",
    "PerplexityOutliers",
    "PersonalData",
    "PronounChange",
    "RandomOrder",
    "RandomOrderParams",
    "Repetition",
    "Representation",
    "ResponseForm",
    "ResponseParams",
    "Reweighing",
    "ReweighingParams",
    "RolesParams",
    "SemanticDuplicateParams",
    "SemanticDuplicates",
    "Share",
    "SourceAssociation",
    "SourceAssociationParams",
    "SpaceParams",
    "SpanParams",
    "TargetCopiesInput",
    "TargetLanguage",
    "TargetLength",
    "TargetSimilarity",
    "TargetSimilarityParams",
    "Toxicity",
    "ToxicityModel",
    "ToxicityModelParams",
    "ToxicityParams",
    "Truncation",
    "Unsupported",
    "axis_shares",
    "findings",
    "from_function",
    "kernel",
    "mentions",
    "sentences",
    "text_of",
    "token_counts",
    "unspaced_share",
    "words",
]
