"""Payload shapes of the two paging styles. Source: API reference 1.5."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from terminal.wire.fields import MaybeFlag, MaybeWhole

Row = TypeVar("Row")


class PagePayload(msgspec.Struct, Generic[Row]):
    """One numbered page; the first is 1."""

    items: list[Row] | None = None
    currentPage: MaybeWhole = None
    pageSize: MaybeWhole = None
    totalNum: MaybeWhole = None
    totalPage: MaybeWhole = None


class MorePayload(msgspec.Struct, Generic[Row]):
    """One stretch of a list that says only whether there is more."""

    dataList: list[Row] | None = None
    hasMore: MaybeFlag = None
