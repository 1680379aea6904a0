package conversation

import (
	"context"
	"strings"

	"bellhop"
	"bellhop/internal/store"
)

// setCategory sets a category by its index or its name.
func setCategory(c *bellhop.Conversation, categories []bellhop.Category, value string) {
	if index, ok := categoryIndex(value); ok {
		setCategoryIndex(c, categories, index)
		return
	}
	c.Category = value
	for i, category := range categories {
		if strings.EqualFold(category.Name, value) && value != "" {
			setCategoryIndex(c, categories, i)
			return
		}
	}
}

// setCategoryIndex keeps the name beside the index.
func setCategoryIndex(c *bellhop.Conversation, categories []bellhop.Category, index int) {
	c.CategoryIndex = index
	c.Category = ""
	if index < len(categories) {
		c.Category = categories[index].Name
	}
}

func categoryIndex(value string) (int, bool) {
	if len(value) != 1 || value[0] < '0' || value[0] > '0'+bellhop.MaxCategory {
		return 0, false
	}
	return int(value[0] - '0'), true
}

// agreeOnCategory completes the one of index and name that was not given.
func agreeOnCategory(ctx context.Context, tx *store.Tx, conv *bellhop.Conversation) error {
	if (conv.Category == "") == (conv.CategoryIndex == 0) {
		return nil
	}
	categories, err := categoriesOf(ctx, tx, conv.Organization)
	if err != nil {
		return err
	}
	if conv.Category == "" {
		setCategoryIndex(conv, categories, conv.CategoryIndex)
	} else {
		setCategory(conv, categories, conv.Category)
	}
	return nil
}

// categoriesOf returns the categories of an organization.
func categoriesOf(ctx context.Context, tx *store.Tx, id bellhop.ID) ([]bellhop.Category, error) {
	doc, err := tx.Document(ctx, bellhop.Organizations, id)
	if err != nil {
		return nil, err
	}
	var organization struct {
		Categories []bellhop.Category `json:"categories"`
	}
	err = doc.Decode(&organization)
	return organization.Categories, err
}
